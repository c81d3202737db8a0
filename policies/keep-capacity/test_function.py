from unittest import TestCase

from function import AIOSv1PolicyRule

NODES = [{"id": "node-1", "gpus": {"count": 2}}, {"id": "node-2", "gpus": {"count": 1}}, {"id": "node-3"}]


def decide(node="node-1", blocks=(), **parameters):
    policy = AIOSv1PolicyRule("", {}, {"min_nodes": 1, "min_gpus": 0, "allow_serving": False, **parameters})
    cluster = {"id": "west-1", "nodes": {"count": 3, "nodeData": NODES}}
    data = {"node_id": node, "cluster_data": cluster, "cluster_metrics": None, "block_instances": list(blocks)}
    return policy.eval({}, {**data, "node_instances": list(blocks)}, {})


class KeepCapacity(TestCase):
    def test_admits_a_node_that_is_not_needed(self):
        self.assertTrue(decide()["allowed"])

    def test_denies_a_node_that_serves_blocks_and_names_them(self):
        verdict = decide(blocks=["chat", "vision", "chat"])
        self.assertEqual(verdict, {"allowed": False, "input_data": "node node-1 serves chat, vision"})

    def test_admits_a_serving_node_where_that_is_permitted(self):
        self.assertTrue(decide(blocks=["chat"], allow_serving=True)["allowed"])

    def test_keeps_exactly_the_least_number_of_nodes(self):
        self.assertTrue(decide(min_nodes=2)["allowed"])
        self.assertEqual(decide(min_nodes=3)["input_data"], "2 nodes would be left, 3 must be")

    def test_keeps_exactly_the_least_number_of_gpus(self):
        self.assertTrue(decide("node-1", min_gpus=1)["allowed"])
        self.assertEqual(decide("node-1", min_gpus=2)["input_data"], "1 GPUs would be left, 2 must be")

    def test_a_node_without_gpu_takes_none_away(self):
        self.assertTrue(decide("node-3", min_gpus=3)["allowed"])

    def test_a_node_that_is_not_there_takes_nothing_away(self):
        self.assertTrue(decide("node-9", min_nodes=3, min_gpus=3)["allowed"])
