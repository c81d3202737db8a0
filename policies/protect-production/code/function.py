"""Denies the removal of what carries one of `protected_tags`, unless it also carries one of `release_tags`.

For a node its own tags and the cluster's count together, for a block those of its component and the cluster's.
"""


class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        self.protected = {tag.lower() for tag in parameters["protected_tags"]}
        self.released = {tag.lower() for tag in parameters["release_tags"]}

    def eval(self, parameters, input_data, context):
        tags = {str(tag).lower() for tag in tags_of(input_data)}
        protecting = sorted(tags & self.protected)
        if not protecting or tags & self.released:
            return {"allowed": True, "input_data": input_data}
        return {"allowed": False, "input_data": f"{name_of(input_data)} is protected by the tag {protecting[0]}"}


def tags_of(input_data):
    cluster = input_data.get("cluster_data") or {}
    yield from cluster.get("tags") or []
    for node in (cluster.get("nodes") or {}).get("nodeData") or []:
        if "node_id" in input_data and node.get("id") == input_data["node_id"]:
            yield from node.get("tags") or []
    component = (input_data.get("block_data") or {}).get("component") or {}
    yield from component.get("tags") or []


def name_of(input_data):
    if "node_id" in input_data:
        return f"node {input_data['node_id']}"
    if "block_data" in input_data:
        return f"block {input_data['block_data'].get('id')}"
    return f"cluster {input_data['cluster_data'].get('id')}"
