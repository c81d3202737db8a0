from unittest import TestCase

from function import AIOSv1PolicyRule

PARAMETERS = {
    "cluster_pattern": "[a-z]+(-[a-z0-9]+)+",
    "node_pattern": "node-[0-9]+",
    "required_metadata": ["owner", "email"],
}
OWNED = {"owner": "ops", "email": "ops@example.org"}


def decide(input_data):
    return AIOSv1PolicyRule("", {}, PARAMETERS).eval({}, input_data, {})


def decide_cluster(identifier, metadata):
    return decide({"cluster_data": {"id": identifier, "clusterMetadata": metadata}})


def decide_node(identifier):
    return decide({"node_data": {"id": identifier}, "cluster_data": {"id": "NOT CHECKED"}, "cluster_metrics": None})


class NamingRules(TestCase):
    def test_admits_a_cluster_id_of_the_form(self):
        self.assertTrue(decide_cluster("west-vision-001", OWNED)["allowed"])

    def test_denies_a_cluster_id_of_another_form(self):
        verdict = decide_cluster("west", OWNED)
        self.assertEqual(verdict["input_data"], "cluster id 'west' does not have the form [a-z]+(-[a-z0-9]+)+")

    def test_denies_an_id_that_only_begins_well(self):
        self.assertFalse(decide_cluster("west-1 ", OWNED)["allowed"])
        self.assertFalse(decide_node("node-1x")["allowed"])

    def test_denies_a_cluster_without_a_required_field(self):
        verdict = decide_cluster("west-1", {"owner": "ops", "email": ""})
        self.assertEqual(verdict["input_data"], "clusterMetadata lacks email")

    def test_denies_a_cluster_without_metadata(self):
        self.assertEqual(decide_cluster("west-1", None)["input_data"], "clusterMetadata lacks owner, email")

    def test_admits_a_node_id_of_the_form_whatever_the_cluster_is_called(self):
        self.assertTrue(decide_node("node-7")["allowed"])

    def test_denies_a_node_without_id(self):
        self.assertFalse(decide({"node_data": {}, "cluster_data": {}})["allowed"])
