"""Admits ids of the agreed form: `node_pattern` for a node, `cluster_pattern` and `required_metadata` for a cluster."""

import re


class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        self.cluster_pattern = re.compile(parameters["cluster_pattern"])
        self.node_pattern = re.compile(parameters["node_pattern"])
        self.required_metadata = parameters["required_metadata"]

    def eval(self, parameters, input_data, context):
        if "node_data" in input_data:
            reason = self.id_objection("node", input_data["node_data"], self.node_pattern)
        else:
            cluster = input_data["cluster_data"]
            reason = self.id_objection("cluster", cluster, self.cluster_pattern) or self.metadata_objection(cluster)
        if reason is None:
            return {"allowed": True, "input_data": input_data}
        return {"allowed": False, "input_data": reason}

    def id_objection(self, kind, document, pattern):
        identifier = str(document.get("id", ""))
        if pattern.fullmatch(identifier):
            return None
        return f"{kind} id {identifier!r} does not have the form {pattern.pattern}"

    def metadata_objection(self, cluster):
        metadata = cluster.get("clusterMetadata") or {}
        missing = [field for field in self.required_metadata if not metadata.get(field)]
        return f"clusterMetadata lacks {', '.join(missing)}" if missing else None
