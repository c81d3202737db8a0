"""Denies the removal of a node that serves blocks, or that leaves fewer than `min_nodes` nodes or `min_gpus` GPUs."""


class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        self.min_nodes = parameters["min_nodes"]
        self.min_gpus = parameters["min_gpus"]
        self.allow_serving = parameters["allow_serving"]

    def eval(self, parameters, input_data, context):
        reason = self.objection(input_data)
        if reason is None:
            return {"allowed": True, "input_data": input_data}
        return {"allowed": False, "input_data": reason}

    def objection(self, input_data):
        serving = input_data["block_instances"]
        if serving and not self.allow_serving:
            return f"node {input_data['node_id']} serves {', '.join(sorted(set(serving)))}"
        nodes = input_data["cluster_data"]["nodes"].get("nodeData") or []
        left = [node for node in nodes if node["id"] != input_data["node_id"]]
        if len(left) < self.min_nodes:
            return f"{len(left)} nodes would be left, {self.min_nodes} must be"
        gpus = sum((node.get("gpus") or {}).get("count", 0) for node in left)
        if gpus < self.min_gpus:
            return f"{gpus} GPUs would be left, {self.min_gpus} must be"
        return None
