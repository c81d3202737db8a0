from unittest import TestCase

from function import AIOSv1PolicyRule


def decide(region, regions=("us-west-2", "eu-*")):
    policy = AIOSv1PolicyRule("", {}, {"regions": list(regions)})
    return policy.eval({}, {"cluster_data": {"id": "west-1", "regionId": region}}, {})


class RegionAllowList(TestCase):
    def test_admits_a_listed_region_and_returns_the_input_unchanged(self):
        verdict = decide("us-west-2")
        self.assertEqual(verdict, {"allowed": True, "input_data": {"cluster_data": {"id": "west-1", "regionId": "us-west-2"}}})

    def test_admits_a_region_that_a_pattern_covers(self):
        self.assertTrue(decide("eu-central-1")["allowed"])

    def test_denies_a_region_that_only_begins_like_a_listed_one(self):
        verdict = decide("us-west-20")
        self.assertEqual(verdict, {"allowed": False, "input_data": "region us-west-20 is not one of us-west-2, eu-*"})

    def test_denies_a_region_in_other_letters(self):
        self.assertFalse(decide("US-WEST-2")["allowed"])

    def test_denies_everything_when_the_list_is_empty(self):
        self.assertFalse(decide("us-west-2", regions=())["allowed"])

    def test_denies_a_cluster_without_region(self):
        self.assertEqual(decide(None)["input_data"], "the cluster names no region")
