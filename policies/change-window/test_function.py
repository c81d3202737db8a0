from unittest import TestCase

from function import AIOSv1PolicyRule

WEEKDAYS = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}
SATURDAY_NIGHT = {"days": ["sat"], "from": "22:00", "to": "02:00"}
ALL_SUNDAY = {"days": ["sun"], "from": "00:00", "to": "24:00"}


def policy(now, *windows, offset=0):
    return AIOSv1PolicyRule("", {}, {"windows": list(windows), "utc_offset_minutes": offset, "now": f"{now}:00+00:00"})


def is_admitted(now, *windows, offset=0):
    return policy(now, *windows, offset=offset).eval({}, {"cluster_data": {}}, {})["allowed"]


class ChangeWindow(TestCase):
    # 2030-01-07 is a Monday.
    def test_admits_from_the_first_minute_to_the_last(self):
        self.assertTrue(is_admitted("2030-01-07T08:00", WEEKDAYS))
        self.assertTrue(is_admitted("2030-01-07T17:59", WEEKDAYS))

    def test_denies_the_minute_before_and_the_minute_after(self):
        self.assertFalse(is_admitted("2030-01-07T07:59", WEEKDAYS))
        self.assertFalse(is_admitted("2030-01-07T18:00", WEEKDAYS))

    def test_denies_another_day(self):
        self.assertFalse(is_admitted("2030-01-12T12:00", WEEKDAYS))

    def test_gives_the_reason_in_local_time(self):
        verdict = policy("2030-01-11T23:30", WEEKDAYS, offset=60).eval({}, {}, {})
        self.assertEqual(verdict["input_data"], "sat 00:30 is outside the change windows")

    def test_a_window_over_midnight_belongs_to_the_day_it_begins(self):
        self.assertTrue(is_admitted("2030-01-12T22:00", SATURDAY_NIGHT))
        self.assertTrue(is_admitted("2030-01-13T01:59", SATURDAY_NIGHT))
        self.assertFalse(is_admitted("2030-01-13T02:00", SATURDAY_NIGHT))
        self.assertFalse(is_admitted("2030-01-12T01:00", SATURDAY_NIGHT))

    def test_a_window_can_be_a_whole_day(self):
        self.assertTrue(is_admitted("2030-01-13T00:00", ALL_SUNDAY))
        self.assertTrue(is_admitted("2030-01-13T23:59", ALL_SUNDAY))
        self.assertFalse(is_admitted("2030-01-14T00:00", ALL_SUNDAY))

    def test_one_open_window_is_enough(self):
        self.assertTrue(is_admitted("2030-01-13T12:00", WEEKDAYS, ALL_SUNDAY))

    def test_denies_everything_without_windows(self):
        self.assertFalse(is_admitted("2030-01-07T12:00"))

    def test_refuses_days_and_times_that_do_not_exist(self):
        for wrong in ({**WEEKDAYS, "days": ["monday"]}, {**WEEKDAYS, "from": "25:00"}, {**WEEKDAYS, "to": "18:60"}):
            with self.subTest(window=wrong), self.assertRaises(ValueError):
                policy("2030-01-07T12:00", wrong)

    def test_reads_the_clock_when_no_time_is_given(self):
        always = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00"}
        rule = AIOSv1PolicyRule("", {}, {"windows": [always], "utc_offset_minutes": 0})
        self.assertTrue(rule.eval({}, {}, {})["allowed"])
