"""What became of watched files between two looks.

1. A file whose size, time of change and inode are as remembered is as it was; it is not read.
2. One that looks different is noted, and only after it has looked the same for the settle time, by our own clock, has
   it settled. The file system's clock is compared with itself alone: it may be ahead of ours.
3. One of the same size that differs otherwise is read: with the same content nothing has changed.
4. What has settled waits while a run of the task is open, and while other files of the watch still settle (but
   PATIENCE settle times at most), so that a burst makes one run. Then all of it is handed to one run.

A renamed file is one that was deleted and one that was created; one that comes and goes between two looks is nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

PATIENCE = 5
"""Settle times that settled changes wait for others: a log that never rests holds them up no longer than that."""

Entry = tuple[str, int, int, int]
"""A file that was seen: path, size in bytes, time of change in nanoseconds, inode."""


class Remembered(NamedTuple):
    """What is remembered of a file; its first four are those of an entry.

    Without a size no run has heard of it. While `differs_since` (epoch seconds) is set, `seen_…` is how it looks since
    then, and without a size there it is gone.
    """

    path: str
    size_bytes: int | None = None
    mtime_ns: int | None = None
    inode: int | None = None
    hash: str | None = None
    seen_size_bytes: int | None = None
    seen_mtime_ns: int | None = None
    seen_inode: int | None = None
    differs_since: int | None = None

    @property
    def known(self) -> tuple[int | None, int | None, int | None]:
        return self[1:4]

    @property
    def seen(self) -> tuple[int | None, int | None, int | None]:
        return self[5:8]


class Change(StrEnum):
    """What a run is told of a file."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


Difference = tuple[Remembered | None, Entry | None]


@dataclass(frozen=True, slots=True)
class Settled:
    """A change that has stood still for long enough; `entry` None: the file is gone."""

    change: Change
    remembered: Remembered
    entry: Entry | None

    @property
    def must_be_read(self) -> bool:
        """True where only the content tells whether anything has changed."""
        row = self.remembered
        return self.change is Change.CHANGED and row.size_bytes == row.seen_size_bytes and row.hash is not None

    def handed_on(self, hash_: str | None) -> Remembered:
        """What is remembered of the file, which is there, once a run has been told."""
        return Remembered(self.remembered.path, *self.remembered.seen, hash_)


@dataclass(slots=True)
class Judgement:
    """What a look comes to: rows to write, paths to forget, changes to hand on, and known files never read so far."""

    write: list[Remembered] = field(default_factory=list)
    forget: list[str] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    unread: list[Remembered] = field(default_factory=list)
    settling: int = 0


@dataclass(frozen=True, slots=True)
class Moments:
    """When a look began and when it was over, in epoch seconds: what it saw, it saw between the two."""

    began_at: int
    ended_at: int


def differences(remembered: Iterable[Sequence[Any]], entries: Iterable[Entry]) -> Iterator[Difference]:
    """Yield what is not as it was, or was never read; both sides come in the order of their paths.

    Here a look at many files spends its time: one tuple is compared for each file that is as it was.
    """
    rows = iter(remembered)
    row = next(rows, None)
    for entry in entries:
        path = entry[0]
        while row is not None and row[0] < path:
            yield Remembered._make(row), None
            row = next(rows, None)
        if row is None or row[0] != path:
            yield None, entry
            continue
        if row[8] is not None or row[4] is None or row[:4] != entry:
            yield Remembered._make(row), entry
        row = next(rows, None)
    while row is not None:
        yield Remembered._make(row), None
        row = next(rows, None)


def judge(found: Iterable[Difference], moments: Moments, settle_seconds: int, *, is_first: bool) -> Judgement:
    """Say what the differences come to; a watch's first look takes what is there for known."""
    judgement = Judgement()
    for row, entry in found:
        if is_first and entry is not None and row is None:
            judgement.unread.append(Remembered(*entry))
            judgement.write.append(judgement.unread[-1])
        else:
            _judge(judgement, row, entry, moments, settle_seconds)
    return judgement


def may_hand_on(judgement: Judgement, moments: Moments, settle_seconds: int) -> bool:
    """Tell whether what has settled waits no longer for what still settles."""
    if not judgement.settled or not judgement.settling:
        return bool(judgement.settled)
    oldest = min(each.remembered.differs_since or 0 for each in judgement.settled)
    return moments.began_at - oldest >= PATIENCE * settle_seconds


def _judge(
    judgement: Judgement, row: Remembered | None, entry: Entry | None, moments: Moments, settle_seconds: int
) -> None:
    now = row if row is not None and _is_as_seen(row, entry, moments) else _seen(row, entry, moments)
    if now is None:
        judgement.forget += [] if row is None else [row.path]
        return
    if now != row:
        judgement.write.append(now)
    if now.differs_since is None:
        judgement.unread += [now] if now.hash is None else []
    elif settle_seconds == 0 or (now == row and moments.began_at - now.differs_since >= settle_seconds):
        judgement.settled.append(Settled(_change(now), now, entry))
    else:
        judgement.settling += 1


def _is_as_seen(row: Remembered, entry: Entry | None, moments: Moments) -> bool:
    """Tell whether the file still looks as it did; a time that lies ahead is from a clock that was ahead."""
    if row.differs_since is None:
        return entry is not None and row.known == entry[1:]
    stamp = (None, None, None) if entry is None else entry[1:]
    return row.seen == stamp and row.differs_since <= moments.ended_at


def _seen(row: Remembered | None, entry: Entry | None, moments: Moments) -> Remembered | None:
    """What is to be remembered of a file that looks different now; None: nothing."""
    if entry is None:
        if row is None or row.size_bytes is None:
            return None
        return Remembered(*row[:5], differs_since=moments.ended_at)
    known = Remembered(entry[0]) if row is None else Remembered(*row[:5])
    if known.known == entry[1:]:
        return known
    return Remembered(*known[:5], *entry[1:], moments.ended_at)


def _change(row: Remembered) -> Change:
    if row.seen_size_bytes is None:
        return Change.DELETED
    return Change.CREATED if row.size_bytes is None else Change.CHANGED
