"""What becomes of the due slots of one task: the rules under which nothing is lost silently and nothing runs twice."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from itertools import chain, islice, pairwise
from typing import Generic, TypeVar

from processor.rules.schedules import Schedule, count, newest, next_after, slots, slots_backwards

MOST_CAUGHT_UP = 100
"""How many late slots wait their turn under `Misfire.ALL`; older ones are missed."""

LONGEST_LIST = 1_000
"""How many unclaimed slots in a row get a ledger row each; more of them share one range row."""


class Disposition(StrEnum):
    """What became of a slot; each slot up to the cursor has exactly one."""

    CLAIMED = "claimed"  # a run stands for it
    MISSED = "missed"  # nobody was there while it was on time, and the misfire policy lets it go
    SKIPPED_OVERLAP = "skipped_overlap"  # another run of the task was in the way, or a newer slot went in its place
    SKIPPED_PAUSED = "skipped_paused"  # the task was paused or disabled
    SKIPPED_GATE = "skipped_gate"  # the task's gate said that there was nothing to do


class Misfire(StrEnum):
    """What a task does about slots that are later than the window."""

    SKIP = "skip"  # lets them go
    LATEST = "latest"  # runs the newest of them once, unless a slot that is on time runs anyway
    ALL = "all"  # runs each of them, oldest first and one after the other


class Overlap(StrEnum):
    """What a task does about a slot that falls due while a run of it is open."""

    SKIP = "skip"  # lets it go
    QUEUE = "queue"  # lets the newest wait for that run to end


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One row of the slot ledger: a slot, or the `slot_count` slots from `scheduled_time` to `until_time`."""

    scheduled_time: int
    disposition: Disposition
    until_time: int | None = None
    slot_count: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write, in one transaction: the rows, and the task's new cursor, next time and waiting slot."""

    entries: tuple[LedgerEntry, ...]
    """One row for each slot between the old cursor and the new one, oldest first; at most one of them is claimed."""
    cursor: int
    """Every slot up to this epoch second is accounted for."""
    next_run_at: int | None
    """The first slot after the cursor: one that waits, or one to come."""
    held_slot: int | None
    """Slots wait for the task's run to end: stay away until then, and give this back to the next decision."""


class _Kind(Enum):
    LOST = auto()  # too old, or beyond what is caught up
    LATE = auto()
    ON_TIME = auto()


_WITHOUT_RUN = {
    _Kind.LOST: Disposition.MISSED,
    _Kind.LATE: Disposition.MISSED,
    _Kind.ON_TIME: Disposition.SKIPPED_OVERLAP,
}


_Fate = TypeVar("_Fate", _Kind, Disposition)


@dataclass(frozen=True, slots=True)
class _Span(Generic[_Fate]):
    """The slots later than `after` up to `until`, which share a fate."""

    after: int
    until: int
    fate: _Fate


@dataclass(frozen=True, slots=True)
class _Due:
    """The due slots of a task, and what decides whether one is on time."""

    schedule: Schedule
    cursor: int
    now: int
    window_seconds: int
    held_slot: int | None
    kept_after: int  # slots after this and up to the next have been waiting, and stay on time
    kept_until: int

    @property
    def late_until(self) -> int:
        return self.now - self.window_seconds - 1

    def spans(self, lost_until: int) -> list[_Span[_Kind]]:
        """Part the due slots into spans of one kind, oldest first, each with a slot in it."""
        edges = (self.cursor, lost_until, self.kept_after, self.kept_until, self.late_until, self.now)
        clipped = sorted({min(max(edge, self.cursor), self.now) for edge in edges})
        return _joined(self.schedule, (_Span(a, b, self._kind(b, lost_until)) for a, b in pairwise(clipped)))

    def _kind(self, moment: int, lost_until: int) -> _Kind:
        if moment > self.late_until or self.kept_after < moment <= self.kept_until:
            return _Kind.ON_TIME
        return _Kind.LATE if moment > lost_until else _Kind.LOST


def decide(  # noqa: PLR0913 - the facts of one task, all named
    schedule: Schedule,
    *,
    cursor: int,
    now: int,
    window_seconds: int,
    horizon_seconds: int,
    misfire: Misfire,
    overlap: Overlap,
    has_open_run: bool,
    held_slot: int | None,
    busy_until: int | None = None,
    open_run_is_backfill: bool = False,
) -> Decision:
    """Decide about the slots of one task that are later than `cursor` and not later than `now` (epoch seconds).

    1. A slot at most `window_seconds` late is on time. So is one that has been waiting: those that were on time
       together with `held_slot`, and those that fell due while the run in the way lived. Such a run lives still if
       `has_open_run` (queued, running or waiting); `busy_until` says when it ended, as far as the caller knows.
    2. Late slots older than `horizon_seconds` are missed. `Misfire.SKIP` misses the others as well; `LATEST` runs the
       newest of them only where no newer slot is on time, because one run is enough to be up to date.
    3. At most one slot is claimed. Of several on time it is the newest, and the older are skipped for it.
    4. `Misfire.ALL` claims the oldest and lets the others wait, late ones and on-time ones alike; it keeps the newest
       `MOST_CAUGHT_UP` late slots. Slots that were on time together count as one turn here too.
    5. With a run open nothing is claimed. What would have been is skipped; under `Overlap.QUEUE`, behind a run of a
       backfill (`open_run_is_backfill`), and where it has been waiting before, it waits.
    6. The cursor stops before what waits, else it moves to now. If the clock stands before it, nothing changes.
    """
    if held_slot is not None and held_slot <= cursor:
        held_slot = None
    if now < cursor:
        return Decision((), cursor, next_after(schedule, cursor), held_slot)
    due = _due(schedule, cursor, now, window_seconds, held_slot, now if has_open_run else busy_until)
    lost_until = now - horizon_seconds - 1
    if misfire is Misfire.ALL:
        spans = due.spans(_beyond_catching_up(due, lost_until))
        line = [span for span in spans if span.fate is not _Kind.LOST]
        if len(line) > 1 or any(span.fate is _Kind.LATE for span in line):
            return _catch_up(due, spans, line[0], has_open_run=has_open_run)
    spans = due.spans(lost_until)
    waits = has_open_run and (overlap is Overlap.QUEUE or open_run_is_backfill or held_slot is not None)
    return _run_newest(due, spans, misfire, has_open_run=has_open_run, waits=waits)


def resume_after_pause(schedule: Schedule, cursor: int, now: int) -> LedgerEntry | None:
    """Return the one row for all slots of a pause that ends now, if it had any; the new cursor is `now`."""
    last = newest(schedule, cursor, now)
    return None if last is None else part(schedule, cursor, last, Disposition.SKIPPED_PAUSED)


def part(schedule: Schedule, after: int, last: int, disposition: Disposition) -> LedgerEntry:
    """Return the one row for all slots later than `after` up to `last`; there must be one."""
    first = next(slots(schedule, after, last))
    until = newest(schedule, after, last)
    return LedgerEntry(first, disposition, until, count(schedule, after, last))


def _due(
    schedule: Schedule, cursor: int, now: int, window_seconds: int, held_slot: int | None, busy_until: int | None
) -> _Due:
    if held_slot is None:
        return _Due(schedule, cursor, now, window_seconds, None, kept_after=cursor, kept_until=cursor)
    kept_until = max(held_slot, busy_until or held_slot)
    return _Due(schedule, cursor, now, window_seconds, held_slot, held_slot - window_seconds, kept_until)


def _beyond_catching_up(due: _Due, lost_until: int) -> int:
    """Return the newest slot that is too old to be caught up, or that has too many late slots after it."""
    late = (span for span in reversed(due.spans(lost_until)) if span.fate is _Kind.LATE)
    newest_first = chain.from_iterable(slots_backwards(due.schedule, span.after, span.until) for span in late)
    return next(islice(newest_first, MOST_CAUGHT_UP, None), lost_until)


def _run_newest(due: _Due, spans: list[_Span[_Kind]], misfire: Misfire, *, has_open_run: bool, waits: bool) -> Decision:
    """Give the newest slot that may run its run, and account for all others."""
    may_run = {_Kind.ON_TIME, _Kind.LATE} if misfire is Misfire.LATEST else {_Kind.ON_TIME}
    pick = next((_newest_of(due, span) for span in reversed(spans) if span.fate in may_run), None)
    if pick is None:
        return _decision(due, _without_run(spans), cursor=due.now)
    older = _without_run(_between(spans, due.cursor, pick - 1))
    if waits:
        return _decision(due, older, cursor=pick - 1, held_slot=pick)
    fate = Disposition.SKIPPED_OVERLAP if has_open_run else Disposition.CLAIMED
    newer = _without_run(_between(spans, pick, due.now))
    return _decision(due, [*older, _Span(pick - 1, pick, fate), *newer], cursor=due.now)


def _catch_up(due: _Due, spans: list[_Span[_Kind]], first: _Span[_Kind], *, has_open_run: bool) -> Decision:
    """Give the first slot in line its run, and let the others wait."""
    pick = _newest_of(due, first) if first.fate is _Kind.ON_TIME else _oldest_of(due, first)
    older = _without_run(_between(spans, due.cursor, pick - 1))
    if has_open_run:
        return _decision(due, older, cursor=pick - 1, held_slot=_marker(due, spans, pick - 1))
    settled = [*older, _Span(pick - 1, pick, Disposition.CLAIMED)]
    if newest(due.schedule, pick, due.now) is None:
        return _decision(due, settled, cursor=due.now)
    return _decision(due, settled, cursor=pick, held_slot=_marker(due, spans, pick))


def _marker(due: _Due, spans: list[_Span[_Kind]], cursor: int) -> int:
    """Return the slot that marks a catch-up: slots that fall due after it, or were on time with it, stay on time.

    It is the newest slot on time, or the first one to come where late slots lie so near that they would pass for on
    time with it, and so would not run each.
    """
    if due.held_slot is not None and due.held_slot > cursor:
        return due.held_slot
    last = _newest_of(due, spans[-1])
    late_beside_it = newest(due.schedule, max(cursor, last - due.window_seconds), due.late_until)
    if last > cursor and late_beside_it is None:
        return last
    to_come = next_after(due.schedule, due.now)
    return last if to_come is None else to_come


def _decision(due: _Due, settled: list[_Span[Disposition]], *, cursor: int, held_slot: int | None = None) -> Decision:
    entries = chain.from_iterable(_entries(due.schedule, span) for span in _joined(due.schedule, settled))
    return Decision(tuple(entries), cursor, next_after(due.schedule, cursor), held_slot)


def _entries(schedule: Schedule, span: _Span[Disposition]) -> Iterator[LedgerEntry]:
    if count(schedule, span.after, span.until) > LONGEST_LIST:
        yield part(schedule, span.after, span.until, span.fate)
    else:
        yield from (LedgerEntry(slot, span.fate) for slot in slots(schedule, span.after, span.until))


def _without_run(spans: Iterable[_Span[_Kind]]) -> list[_Span[Disposition]]:
    return [_Span(span.after, span.until, _WITHOUT_RUN[span.fate]) for span in spans]


def _joined(schedule: Schedule, spans: Iterable[_Span[_Fate]]) -> list[_Span[_Fate]]:
    """Leave out spans without a slot, and make neighbours of one fate one span."""
    joined: list[_Span[_Fate]] = []
    for span in spans:
        if newest(schedule, span.after, span.until) is None:
            continue
        if joined and joined[-1].fate is span.fate:
            joined[-1] = replace(joined[-1], until=span.until)
        else:
            joined.append(span)
    return joined


def _between(spans: list[_Span[_Kind]], after: int, until: int) -> list[_Span[_Kind]]:
    clipped = (replace(span, after=max(span.after, after), until=min(span.until, until)) for span in spans)
    return [span for span in clipped if span.after < span.until]


def _oldest_of(due: _Due, span: _Span[_Kind]) -> int:
    return next(slots(due.schedule, span.after, span.until))


def _newest_of(due: _Due, span: _Span[_Kind]) -> int:
    return next(slots_backwards(due.schedule, span.after, span.until))
