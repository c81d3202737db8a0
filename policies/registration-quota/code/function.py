"""Admits at most `clusters_max` new clusters of one owner in `days` days.

It counts admissions in the context, as {owner: {cluster id: time of admission}}. The context belongs to add_cluster alone,
so a removal gives nothing back; asking again for the same cluster does not count twice.
"""

import time

DAY_SECONDS = 24 * 60 * 60


class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        self.clusters_max = parameters["clusters_max"]
        self.period = parameters["days"] * DAY_SECONDS
        self.fixed_now = parameters.get("now")

    def eval(self, parameters, input_data, context):
        cluster = input_data["cluster_data"]
        owner = (cluster.get("clusterMetadata") or {}).get("owner")
        if not isinstance(owner, str) or not owner:
            return {"allowed": False, "input_data": "the cluster names no owner in clusterMetadata"}
        self.drop_old(context)
        counted = context.get(owner, {})
        if cluster["id"] not in counted and len(counted) >= self.clusters_max:
            days = self.period // DAY_SECONDS
            return {"allowed": False, "input_data": f"{owner} registered {len(counted)} clusters in {days} days, the most allowed"}
        context[owner] = {cluster["id"]: int(self.now()), **counted}
        return {"allowed": True, "input_data": input_data}

    def management(self, action, data, context):
        self.drop_old(context)
        if action == "usage":
            return {owner: len(counted) for owner, counted in context.items()}
        if action == "forget":
            return {"forgotten": len(context.pop(data["owner"], {}))}
        raise ValueError(f"unknown command {action}")

    def now(self):
        return time.time() if self.fixed_now is None else self.fixed_now

    def drop_old(self, context):
        since = self.now() - self.period
        for owner, counted in list(context.items()):
            context[owner] = {cluster: at for cluster, at in counted.items() if at > since}
            if not context[owner]:
                del context[owner]
