"""Admits an action only within one of the `windows`: hours of weekdays, in the local time that `utc_offset_minutes` gives.

`to` is not included. A window whose `to` is not after its `from` reaches into the next day.
"""

from datetime import UTC, datetime, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        self.windows = [(window["days"], minutes(window["from"]), minutes(window["to"])) for window in parameters["windows"]]
        self.offset = timedelta(minutes=parameters["utc_offset_minutes"])
        self.fixed_now = parameters.get("now")
        unknown = {day for days, _, _ in self.windows for day in days} - set(DAYS)
        if unknown:
            raise ValueError(f"unknown days: {', '.join(sorted(unknown))}")

    def eval(self, parameters, input_data, context):
        now = self.now() + self.offset
        if any(self.is_open(window, now) for window in self.windows):
            return {"allowed": True, "input_data": input_data}
        return {"allowed": False, "input_data": f"{DAYS[now.weekday()]} {now:%H:%M} is outside the change windows"}

    def now(self):
        if self.fixed_now is None:
            return datetime.now(UTC)
        return datetime.fromisoformat(self.fixed_now)

    def is_open(self, window, now):
        days, start, end = window
        today, yesterday = DAYS[now.weekday()], DAYS[now.weekday() - 1]
        minute = now.hour * 60 + now.minute
        if start < end:
            return today in days and start <= minute < end
        return (today in days and minute >= start) or (yesterday in days and minute < end)


def minutes(text):
    """Minutes since midnight of HH:MM; 24:00 is the end of a day."""
    hour, minute = (int(part) for part in text.split(":"))
    if not (0 <= hour < 24 and 0 <= minute < 60) and (hour, minute) != (24, 0):
        raise ValueError(f"{text} is not a time of day")
    return hour * 60 + minute
