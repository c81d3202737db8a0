from unittest import TestCase

from function import AIOSv1PolicyRule

DIGEST = "@sha256:" + "a" * 64


def decide(image, init=None, **parameters):
    policy = AIOSv1PolicyRule("", {}, {"registries": ["registry.example.org/"], "require_digest": False, **parameters})
    info = {"containerImage": image, "initContainer": {"containerImage": init}}
    block = {"id": "chat-1", "component": {"containerRegistryInfo": info}}
    return policy.eval({}, {"block_data": block, "cluster_data": {}, "cluster_metrics": None}, {})


class ImageSources(TestCase):
    def test_admits_a_tagged_image_of_a_listed_registry(self):
        self.assertTrue(decide("registry.example.org/models/chat:2.0.0")["allowed"])

    def test_denies_another_registry_also_one_with_a_similar_name(self):
        verdict = decide("docker.io/chat:1")
        self.assertEqual(verdict, {"allowed": False, "input_data": "image docker.io/chat:1 comes from no listed registry"})
        self.assertFalse(decide("registry.example.org.evil.example/chat:1")["allowed"])

    def test_denies_an_image_without_tag_or_with_a_moving_one(self):
        for image in ("registry.example.org/chat", "registry.example.org/chat:latest", "registry.example.org/chat:"):
            with self.subTest(image=image):
                self.assertEqual(decide(image)["input_data"], f"image {image} is not pinned")

    def test_admits_a_digest_with_or_without_tag(self):
        self.assertTrue(decide("registry.example.org/chat" + DIGEST)["allowed"])
        self.assertTrue(decide("registry.example.org/chat:latest" + DIGEST, require_digest=True)["allowed"])

    def test_denies_a_tag_where_a_digest_is_required(self):
        self.assertFalse(decide("registry.example.org/chat:2.0.0", require_digest=True)["allowed"])

    def test_denies_a_cut_digest(self):
        self.assertFalse(decide("registry.example.org/chat:2@sha256:abc")["allowed"])

    def test_looks_at_the_init_container_too(self):
        self.assertFalse(decide("registry.example.org/chat:2", init="docker.io/init:1")["allowed"])
        self.assertTrue(decide("registry.example.org/chat:2", init="registry.example.org/init:1")["allowed"])

    def test_denies_a_block_without_image(self):
        self.assertEqual(decide(None)["input_data"], "the block names no container image")

    def test_refuses_a_registry_without_its_slash(self):
        with self.assertRaises(ValueError):
            decide("registry.example.org/chat:2", registries=["registry.example.org"])
