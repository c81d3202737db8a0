from unittest import TestCase

from function import AIOSv1PolicyRule

DAY = 24 * 60 * 60


def policy(now=0):
    return AIOSv1PolicyRule("", {}, {"clusters_max": 2, "days": 30, "now": now})


def ask(context, cluster, owner="ops", now=0):
    data = {"cluster_data": {"id": cluster, "clusterMetadata": {"owner": owner}}}
    return policy(now).eval({}, data, context)["allowed"]


class RegistrationQuota(TestCase):
    def test_admits_up_to_the_bound_and_denies_the_next(self):
        context = {}
        self.assertEqual([ask(context, name) for name in ("a", "b", "c")], [True, True, False])

    def test_gives_the_reason_of_a_denial(self):
        verdict = policy().eval({}, {"cluster_data": {"id": "c", "clusterMetadata": {"owner": "ops"}}}, {"ops": {"a": 0, "b": 0}})
        self.assertEqual(verdict["input_data"], "ops registered 2 clusters in 30 days, the most allowed")

    def test_counts_owners_apart(self):
        context = {"ops": {"a": 0, "b": 0}}
        self.assertTrue(ask(context, "c", owner="research"))
        self.assertFalse(ask(context, "d"))

    def test_does_not_count_the_same_cluster_twice(self):
        context = {}
        self.assertEqual([ask(context, "a") for _ in range(4)], [True] * 4)
        self.assertEqual(context, {"ops": {"a": 0}})

    def test_a_denial_counts_nothing(self):
        context = {"ops": {"a": 0, "b": 0}}
        self.assertFalse(ask(context, "c"))
        self.assertEqual(context, {"ops": {"a": 0, "b": 0}})

    def test_forgets_an_admission_when_the_period_is_over_and_not_before(self):
        context = {"ops": {"a": 0, "b": 5}}
        self.assertFalse(ask(context, "c", now=30 * DAY - 1))
        self.assertTrue(ask(context, "c", now=30 * DAY))
        self.assertEqual(context["ops"], {"b": 5, "c": 30 * DAY})

    def test_denies_a_cluster_without_owner(self):
        self.assertFalse(ask({}, "a", owner=""))

    def test_tells_and_forgets_what_was_counted(self):
        context = {"ops": {"a": 0, "b": 0}, "research": {"c": 0}}
        self.assertEqual(policy().management("usage", {}, context), {"ops": 2, "research": 1})
        self.assertEqual(policy().management("forget", {"owner": "ops"}, context), {"forgotten": 2})
        self.assertEqual(context, {"research": {"c": 0}})

    def test_refuses_an_unknown_command(self):
        with self.assertRaises(ValueError):
            policy().management("grow", {}, {})
