"""Admits a node only when it brings at least `min_gpus` GPUs of `min_gpu_memory_mb` each, all of the listed `models`."""

from fnmatch import fnmatchcase


class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        self.min_gpus = parameters["min_gpus"]
        self.min_memory = parameters["min_gpu_memory_mb"]
        self.models = parameters["models"]

    def eval(self, parameters, input_data, context):
        reason = self.objection(input_data["node_data"].get("gpus") or {})
        if reason is None:
            return {"allowed": True, "input_data": input_data}
        return {"allowed": False, "input_data": reason}

    def objection(self, gpus):
        count = gpus.get("count", 0)
        if count < self.min_gpus:
            return f"{count} GPUs is below the floor of {self.min_gpus}"
        if count == 0:
            return None
        return self.model_objection(gpus) or self.memory_objection(gpus, count)

    def model_objection(self, gpus):
        if not self.models:
            return None
        named = {gpu.get("modelName") for gpu in gpus.get("gpus", [])} | set(gpus.get("modelNames", []))
        if not named or None in named:
            return "the node does not name the model of every GPU"
        refused = sorted(name for name in named if not any(fnmatchcase(name, model) for model in self.models))
        return f"GPU model {refused[0]} is not on the list" if refused else None

    def memory_objection(self, gpus, count):
        if not self.min_memory:
            return None
        each = [gpu.get("memory", 0) for gpu in gpus.get("gpus", [])] or [gpus.get("memory", 0) / count]
        if min(each) >= self.min_memory:
            return None
        return f"a GPU of {min(each):.0f} MB is below the floor of {self.min_memory} MB"
