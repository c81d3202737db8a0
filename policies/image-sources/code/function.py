"""Admits a block only when its images come from `registries` and are pinned: by digest where `require_digest`, else by tag."""


class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        self.registries = tuple(parameters["registries"])
        self.require_digest = parameters["require_digest"]
        if not all(registry.endswith("/") for registry in self.registries):
            raise ValueError("a registry must end with a slash, or it would cover longer names")

    def eval(self, parameters, input_data, context):
        images = images_of(input_data["block_data"])
        if not images:
            return {"allowed": False, "input_data": "the block names no container image"}
        for image in images:
            if not image.startswith(self.registries):
                return {"allowed": False, "input_data": f"image {image} comes from no listed registry"}
            if not self.is_pinned(image):
                return {"allowed": False, "input_data": f"image {image} is not pinned"}
        return {"allowed": True, "input_data": input_data}

    def is_pinned(self, image):
        name, _, digest = image.partition("@sha256:")
        if digest or self.require_digest:
            return len(digest) == 64
        _, colon, tag = name.rpartition("/")[2].partition(":")
        return bool(colon) and tag not in ("", "latest")


def images_of(block):
    info = (block.get("component") or {}).get("containerRegistryInfo") or {}
    images = [info.get("containerImage"), (info.get("initContainer") or {}).get("containerImage")]
    return [image for image in images if image]
