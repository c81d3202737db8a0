from unittest import TestCase

from function import AIOSv1PolicyRule

A100 = {"modelName": "NVIDIA A100", "memory": 16384}
V100 = {"modelName": "NVIDIA V100", "memory": 16384}


def decide(gpus, **parameters):
    policy = AIOSv1PolicyRule("", {}, {"min_gpus": 1, "min_gpu_memory_mb": 0, "models": [], **parameters})
    return policy.eval({}, {"node_data": {"id": "node-1", "gpus": gpus}, "cluster_data": {}, "cluster_metrics": None}, {})


def cards(*gpus):
    return {
        "count": len(gpus),
        "memory": sum(gpu["memory"] for gpu in gpus),
        "gpus": list(gpus),
        "modelNames": sorted({gpu["modelName"] for gpu in gpus}),
    }


class GpuMinimum(TestCase):
    def test_admits_exactly_the_floor(self):
        self.assertTrue(decide(cards(A100, A100), min_gpus=2)["allowed"])

    def test_denies_one_gpu_below_the_floor(self):
        verdict = decide(cards(A100), min_gpus=2)
        self.assertEqual(verdict, {"allowed": False, "input_data": "1 GPUs is below the floor of 2"})

    def test_denies_a_node_that_says_nothing_of_gpus(self):
        self.assertFalse(decide(None)["allowed"])

    def test_admits_a_node_without_gpu_when_the_floor_is_zero(self):
        self.assertTrue(decide({"count": 0}, min_gpus=0, models=["NVIDIA A100"], min_gpu_memory_mb=1)["allowed"])

    def test_admits_models_that_are_listed_or_covered_by_a_pattern(self):
        self.assertTrue(decide(cards(A100, V100), models=["NVIDIA A*", "NVIDIA V100"])["allowed"])

    def test_denies_a_node_with_one_card_of_another_model(self):
        verdict = decide(cards(A100, V100), models=["NVIDIA A100"])
        self.assertEqual(verdict["input_data"], "GPU model NVIDIA V100 is not on the list")

    def test_denies_cards_without_a_name_when_models_are_listed(self):
        self.assertFalse(decide({"count": 1, "memory": 1}, models=["NVIDIA A100"])["allowed"])

    def test_admits_exactly_the_memory_floor_of_each_card(self):
        self.assertTrue(decide(cards(A100), min_gpu_memory_mb=16384)["allowed"])

    def test_denies_a_card_below_the_memory_floor(self):
        verdict = decide(cards(A100, {**A100, "memory": 16383}), min_gpu_memory_mb=16384)
        self.assertEqual(verdict["input_data"], "a GPU of 16383 MB is below the floor of 16384 MB")

    def test_divides_the_total_where_the_cards_are_not_listed(self):
        self.assertTrue(decide({"count": 2, "memory": 200}, min_gpu_memory_mb=100)["allowed"])
        self.assertFalse(decide({"count": 2, "memory": 199}, min_gpu_memory_mb=100)["allowed"])
