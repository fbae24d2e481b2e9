import itertools
from datetime import datetime

import pytest

from processor.errors import InvalidSchedule
from processor.rules.schedules import Calendar, next_after
from processor.rules.schedules.time_zone import Stretch, checked_name, stretches, stretches_backwards


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_a_year_is_parted_where_the_clocks_change() -> None:
    begin, spring, autumn, end = map(
        at, ("2026-01-01T00:00Z", "2026-03-29T01:00Z", "2026-10-25T01:00Z", "2027-01-01T00:00Z")
    )
    assert list(stretches("Europe/Berlin", begin, end - 1)) == [
        Stretch(begin, spring, 3600, 3600),
        Stretch(spring, autumn, 7200, 3600),
        Stretch(autumn, end, 3600, 7200),
    ]


def test_a_change_at_new_year_begins_the_new_year() -> None:
    begin = at("1985-12-31T23:00Z")
    stretch = next(stretches("Africa/Casablanca", begin, begin))
    assert (stretch.start, stretch.offset_before, stretch.offset) == (begin, 3600, 0)


@pytest.mark.parametrize("timezone", ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"])
def test_stretches_lie_end_to_end_in_both_directions(timezone: str) -> None:
    first, last = at("2024-05-05T05:05Z"), at("2031-11-11T11:11Z")
    forward = list(stretches(timezone, first, last))
    assert forward == list(stretches_backwards(timezone, first, last))[::-1]
    assert forward[0].start <= first < forward[0].end
    assert forward[-1].start <= last < forward[-1].end
    for earlier, later in itertools.pairwise(forward):
        assert (earlier.end, earlier.offset) == (later.start, later.offset_before)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("Europe/Berlim", "did you mean Europe/Berlin"),
        ("europe/berlin", "did you mean Europe/Berlin?"),
        ("Berlin", "did you mean Europe/Berlin?"),
        ("New York", "did you mean America/New_York?"),
        ("", "use an IANA name"),
        ("Mars/Olympus_Mons", "use an IANA name"),
        ("/etc/localtime", "use an IANA name"),
        ("../../etc/passwd", "use an IANA name"),
        ("localtime", "use an IANA name"),
        ("right/UTC", "use an IANA name"),
        ("tzdata.zi", "use an IANA name"),
        ("Europe", "did you mean"),
        ("UTC\0", "did you mean UTC"),
        ("x" * 5000, "use an IANA name"),
    ],
)
def test_a_name_that_is_no_zone_is_refused_with_advice(name: str, advice: str) -> None:
    with pytest.raises(InvalidSchedule) as refusal:
        checked_name(name)
    assert advice in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("name", ["Europe/Berlim", "Europe", "/etc/localtime", "", "UTC\0", "x" * 5000])
def test_a_stored_schedule_whose_zone_is_gone_says_so(name: str) -> None:
    with pytest.raises(InvalidSchedule, match="Unknown time zone"):
        next_after(Calendar("0 9 * * *", name), 0)
