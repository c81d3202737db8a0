from unittest import TestCase

from function import AIOSv1PolicyRule


def decide(**input_data):
    policy = AIOSv1PolicyRule("", {}, {"protected_tags": ["production"], "release_tags": ["decommission"]})
    return policy.eval({}, {"cluster_metrics": None, **input_data}, {})


def cluster(*tags, nodes=()):
    return {"id": "west-1", "tags": list(tags), "nodes": {"nodeData": list(nodes)}}


class ProtectProduction(TestCase):
    def test_admits_the_removal_of_a_cluster_without_the_tag(self):
        self.assertTrue(decide(cluster_data=cluster("gpu", "production-like"), cluster_blocks=[])["allowed"])

    def test_denies_the_removal_of_a_protected_cluster(self):
        verdict = decide(cluster_data=cluster("gpu", "production"), cluster_blocks=[])
        self.assertEqual(verdict, {"allowed": False, "input_data": "cluster west-1 is protected by the tag production"})

    def test_reads_tags_without_regard_to_case(self):
        self.assertFalse(decide(cluster_data=cluster("Production"), cluster_blocks=[])["allowed"])

    def test_admits_a_protected_cluster_that_is_released(self):
        self.assertTrue(decide(cluster_data=cluster("production", "decommission"), cluster_blocks=[])["allowed"])

    def test_denies_the_removal_of_a_protected_node_from_a_free_cluster(self):
        nodes = [{"id": "node-1", "tags": ["production"]}, {"id": "node-2"}]
        verdict = decide(node_id="node-1", cluster_data=cluster(nodes=nodes), block_instances=[])
        self.assertEqual(verdict["input_data"], "node node-1 is protected by the tag production")
        self.assertTrue(decide(node_id="node-2", cluster_data=cluster(nodes=nodes), block_instances=[])["allowed"])

    def test_admits_a_released_node_of_a_protected_cluster(self):
        nodes = [{"id": "node-1", "tags": ["decommission"]}]
        self.assertTrue(decide(node_id="node-1", cluster_data=cluster("production", nodes=nodes), block_instances=[])["allowed"])

    def test_denies_the_removal_of_a_protected_block(self):
        block = {"id": "chat-1", "component": {"tags": ["llm", "production"]}}
        verdict = decide(block_data=block, cluster_data=cluster())
        self.assertEqual(verdict["input_data"], "block chat-1 is protected by the tag production")

    def test_admits_what_has_no_tags_at_all(self):
        self.assertTrue(decide(cluster_data={"id": "west-1", "tags": None}, cluster_blocks=[])["allowed"])
