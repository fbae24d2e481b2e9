"""The rules of a look, one by one."""

import pytest

from processor.rules.snapshot import Change, Entry, Judgement, Moments, Remembered, differences, judge, may_hand_on

KNOWN = Remembered("a", 10, 1, 1, "hash")
AT = Moments(1_000, 1_001)
SETTLE = 60


def entry(size: int = 10, mtime: int = 1, inode: int = 1, path: str = "a") -> Entry:
    return path, size, mtime, inode


def looked(row: Remembered | None, seen: Entry | None, at: Moments = AT, settle_seconds: int = SETTLE) -> Judgement:
    rows, entries = [row] if row else [], [seen] if seen else []
    return judge(differences(rows, entries), at, settle_seconds, is_first=False)


def later(seconds: int) -> Moments:
    return Moments(AT.began_at + seconds, AT.ended_at + seconds)


def test_a_file_that_is_as_it_was_is_no_difference() -> None:
    assert list(differences([KNOWN], [entry()])) == []


def test_both_sides_are_compared_in_the_order_of_their_paths() -> None:
    rows = [Remembered(path, 1, 1, 1, "hash") for path in ("a", "b", "d", "e")]
    entries = [entry(1, 1, 1, path) for path in ("a", "c", "d", "f")]
    found = [(row and row.path, seen and seen[0]) for row, seen in differences(rows, entries)]
    assert found == [("b", None), (None, "c"), ("e", None), (None, "f")]


def test_the_first_look_takes_what_is_there_for_known() -> None:
    judgement = judge([(None, entry())], AT, SETTLE, is_first=True)
    assert judgement.write == judgement.unread == [Remembered("a", 10, 1, 1)]
    assert judgement.settled == []


@pytest.mark.parametrize("seen", [entry(size=11), entry(mtime=2), entry(inode=2), None])
def test_a_difference_is_noted_with_our_time_and_settles_when_it_has_stood_still(seen: Entry | None) -> None:
    first = looked(KNOWN, seen)
    (noted,) = first.write
    assert (noted.differs_since, first.settling, first.settled) == (AT.ended_at, 1, [])
    assert noted.known == KNOWN.known
    soon = looked(noted, seen, later(SETTLE))
    assert (soon.write, soon.settling, soon.settled) == ([], 1, [])
    due = looked(noted, seen, later(SETTLE + 1))
    assert [each.change for each in due.settled] == [Change.CHANGED if seen else Change.DELETED]


def test_a_file_that_goes_on_changing_begins_to_settle_anew() -> None:
    (noted,) = looked(KNOWN, entry(size=11)).write
    again = looked(noted, entry(size=12), later(SETTLE + 1))
    assert [row.differs_since for row in again.write] == [later(SETTLE + 1).ended_at]
    assert again.settled == []


def test_a_new_file_is_created_when_it_has_settled() -> None:
    (noted,) = looked(None, entry()).write
    assert noted.size_bytes is None
    assert [each.change for each in looked(noted, entry(), later(SETTLE + 1)).settled] == [Change.CREATED]


def test_a_file_that_comes_and_goes_unreported_is_nothing() -> None:
    (noted,) = looked(None, entry()).write
    gone = looked(noted, None, later(SETTLE + 1))
    assert (gone.forget, gone.write, gone.settled) == (["a"], [], [])


def test_a_file_that_is_back_as_it_was_is_nothing() -> None:
    (noted,) = looked(KNOWN, None).write
    back = looked(noted, entry(), later(SETTLE + 1))
    assert (back.write, back.settled) == ([KNOWN], [])


def test_a_file_that_was_replaced_while_it_settled_as_gone_has_changed() -> None:
    (gone,) = looked(KNOWN, None).write
    (noted,) = looked(gone, entry(inode=2), later(10)).write
    assert [each.change for each in looked(noted, entry(inode=2), later(100)).settled] == [Change.CHANGED]


def test_a_time_from_a_clock_that_was_ahead_begins_anew() -> None:
    (noted,) = looked(KNOWN, entry(size=11), later(86_400)).write
    back = looked(noted, entry(size=11))
    assert [row.differs_since for row in back.write] == [AT.ended_at]


def test_without_a_settle_time_a_difference_has_settled_at_once() -> None:
    judgement = looked(KNOWN, entry(size=11), settle_seconds=0)
    assert [each.change for each in judgement.settled] == [Change.CHANGED]
    assert len(judgement.write) == 1


@pytest.mark.parametrize(
    ("row", "seen", "read"),
    [
        (KNOWN, entry(mtime=2), ["a"]),
        (KNOWN, entry(size=11), []),
        (KNOWN._replace(hash=None), entry(mtime=2), []),
        (KNOWN, None, []),
    ],
)
def test_only_a_file_of_the_same_size_with_known_content_must_be_read(
    row: Remembered, seen: Entry | None, read: list[str]
) -> None:
    settled = looked(row, seen, settle_seconds=0).settled
    assert [each.remembered.path for each in settled if each.must_be_read] == read


def test_a_known_file_that_was_never_read_is_to_be_read() -> None:
    row = KNOWN._replace(hash=None)
    judgement = looked(row, entry())
    assert (judgement.unread, judgement.write, judgement.settled) == ([row], [], [])


def test_what_is_handed_on_is_known_as_it_was_seen() -> None:
    (settled,) = looked(KNOWN, entry(11, 2, 3), settle_seconds=0).settled
    assert settled.handed_on("new") == Remembered("a", 11, 2, 3, "new")


def test_settled_changes_wait_for_others_but_not_for_ever() -> None:
    settled = Remembered("a", 10, 1, 1, "hash", 11, 2, 1, 1_000)
    pairs = [(settled, entry(11, 2)), (None, entry(path="b"))]
    for seconds, expected in ((SETTLE, False), (5 * SETTLE - 1, False), (5 * SETTLE, True)):
        moments = later(seconds)
        judgement = judge(pairs, moments, SETTLE, is_first=False)
        assert may_hand_on(judgement, moments, SETTLE) is expected


def test_nothing_settled_is_nothing_to_hand_on() -> None:
    assert not may_hand_on(Judgement(), AT, SETTLE)
