"""Admits a cluster only in one of the regions in `regions`, where `*` stands for any characters."""

from fnmatch import fnmatchcase


class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        self.regions = parameters["regions"]

    def eval(self, parameters, input_data, context):
        region = input_data["cluster_data"].get("regionId")
        if not isinstance(region, str) or not region:
            return {"allowed": False, "input_data": "the cluster names no region"}
        if any(fnmatchcase(region, allowed) for allowed in self.regions):
            return {"allowed": True, "input_data": input_data}
        return {"allowed": False, "input_data": f"region {region} is not one of {', '.join(self.regions)}"}
