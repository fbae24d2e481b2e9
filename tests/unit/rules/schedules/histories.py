"""Adaptive schedules and histories of any kind, for properties that hold for all of them."""

from hypothesis import strategies as st

from processor.rules.schedules.adaptive import Adaptive, Facts, Fallback, Proposal, Result
from processor.rules.schedules.calendar import Calendar
from processor.rules.schedules.interval import Interval

MINUTE, HOUR, DAY = 60, 3_600, 86_400
MONDAY = 1_794_819_600
"""2026-11-16 09:00 UTC."""
EXPRESSIONS = ("0 9 * * 1-5", "*/10 * * * *", "30 2 * * *", "0 0 1 * *", "0 */6 * * *")
ZONES = ("UTC", "Europe/Berlin", "America/New_York")

moments = st.integers(MONDAY, MONDAY + 40 * DAY)
baselines = st.builds(Interval, st.integers(1, 3 * 24 * 60).map(lambda minutes: minutes * MINUTE), moments) | st.builds(
    Calendar, st.sampled_from(EXPRESSIONS), st.sampled_from(ZONES)
)


@st.composite
def adaptives(draw: st.DrawFn) -> Adaptive:
    """A schedule whose bounds need not fit its baseline."""
    least = draw(st.integers(1, 24 * 60)) * MINUTE
    most = least + draw(st.integers(0, 3 * 24 * 60)) * MINUTE
    return Adaptive(draw(baselines), least, most, draw(st.sampled_from(Fallback)))


proposals = st.builds(
    Proposal,
    id=st.uuids().map(str),
    wanted_at=st.integers(MONDAY - DAY, MONDAY + 80 * DAY),
    reason=st.text(min_size=1, max_size=20),
    expires_at=st.none() | moments,
)
histories = st.builds(
    Facts,
    now=moments,
    last_slot=st.integers(MONDAY - 5 * DAY, MONDAY + 40 * DAY),
    proposal=st.none() | proposals,
    results=st.lists(st.sampled_from(Result), max_size=20).map(tuple),
    failures=st.integers(0, 20),
    paused_until=st.none() | moments,
    enabled=st.sampled_from([True, True, True, False]),
)
