"""File watches in the database: what looks remember, and the changes that are handed to runs, in one transaction."""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from processor.rules.run_state import Trigger
from processor.rules.snapshot import Remembered
from processor.storage.database import Database
from processor.storage.events import emit
from processor.storage.run_changes import Told
from processor.storage.work import Row, Work

PAGE = 10_000
"""Files read, and written, by one statement."""

FIRST_PATH = ""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watch:
    """A task that watches, as its latest look left it."""

    task_id: str
    store_id: str
    path: str
    settle_seconds: int
    look_count: int
    first_look_at: int | None
    is_folder: bool
    device: int | None
    warning: str | None
    has_open_run: bool
    has_moved: bool
    """It looked at another path before: what it remembers of that counts no more."""
    was_paused: bool = False
    """It stood still until a moment that has passed."""

    @property
    def is_new(self) -> bool:
        """True until it could look once."""
        return self.first_look_at is None


@dataclass(slots=True)
class Look:
    """What a look writes; `after` and `gone` are remembered only if a run is told of the changes."""

    first_look_at: int | None
    is_folder: bool
    device: int | None
    warning: str | None
    write: list[Remembered] = field(default_factory=list)
    forget: list[str] = field(default_factory=list)
    changes: list[Told] = field(default_factory=list)
    after: list[Remembered] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a look: another look, or an edit, may have come first; `run_id` names the run that was made."""

    is_kept: bool
    run_id: str | None = None


def watches(work: Work, store_id: str | None) -> list[Watch]:
    """The watches that look now, of one store or of all; last those with which something is wrong."""
    return [_watch(row) for row in work.all("watches.list", now=work.now, store_id=store_id)]


def end_pauses(work: Work, task_ids: Sequence[str]) -> None:
    """Let those go on whose pause is over."""
    work.run("watches.end_pauses", ids=json.dumps(task_ids), now=work.now)


def remembered(database: Database, watch: Watch) -> Iterator[Sequence[object]]:
    """The files of a watch in the order of their paths, page by page, as the columns of `Remembered`.

    Each page is a transaction of its own; a look that comes between is found out when this one is recorded.
    """
    after = FIRST_PATH
    while True:
        with database.reading() as work:
            rows = work.run("watches.remembered", task_id=watch.task_id, after_path=after, limit=PAGE).rows
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


def record(work: Work, watch: Watch, look: Look) -> Recorded:
    """Keep a look whole: what it remembers, the run that it makes, and what that run is told.

    Nothing is kept if the task was paused or edited, or another look was kept, since the watch was read.
    """
    held = work.first("watches.lock", task_id=watch.task_id, watch_path=watch.path, now=work.now)
    if held is None or not _win(work, watch, look):
        return Recorded(is_kept=False)
    _remember(work, watch, look.write, look.forget)
    if not look.changes or work.first("runs.open_of_task", task_id=watch.task_id) is not None:
        return Recorded(is_kept=True)
    run_id = _queue(work, watch)
    emit(work, "files.changed", watch.store_id, run_id, task_id=watch.task_id, changes=len(look.changes))
    for page in _pages([(told.path, told.change, told.size_bytes) for told in look.changes]):
        work.run("watches.hand_on", run_id=run_id, store_id=watch.store_id, changes=json.dumps(page))
    _remember(work, watch, look.after, look.gone)
    return Recorded(is_kept=True, run_id=run_id)


def forget(work: Work, task_id: str) -> None:
    """Let the next look be the first one."""
    work.run("watches.forget", task_id=task_id)


def _watch(row: Row) -> Watch:
    has_moved = row.known_path is not None and row.known_path != row.watch_path
    return Watch(
        row.id,
        row.store_id,
        row.watch_path,
        row.settle_seconds,
        row.look_count,
        None if has_moved else row.first_look_at,
        bool(row.is_folder) and not has_moved,
        None if has_moved else row.device,
        None if has_moved else row.warning,
        bool(row.has_open_run),
        has_moved,
        row.paused_until is not None,
    )


def _win(work: Work, watch: Watch, look: Look) -> bool:
    """Take the place of the look that the watch was read with, unless somebody else has."""
    values = {
        "task_id": watch.task_id,
        "first_look_at": look.first_look_at,
        "is_folder": look.is_folder,
        "device_count": look.device,
        "warning": look.warning,
    }
    if watch.has_moved:
        work.run("watches.forget_other", task_id=watch.task_id, watch_path=watch.path)
    if watch.has_moved or watch.look_count == 0:
        return work.run("watches.begin", **values).rowcount == 1
    found = work.run("watches.go_on", **values, look_count=watch.look_count, watch_path=watch.path)
    return found.rowcount == 1


def _remember(work: Work, watch: Watch, write: Sequence[Remembered], forget: Sequence[str]) -> None:
    for paths in _pages(forget):
        work.run("watches.forget_files", task_id=watch.task_id, paths=json.dumps(paths))
    for files in _pages(write):
        work.run("watches.remember", task_id=watch.task_id, store_id=watch.store_id, files=json.dumps(files))


def _queue(work: Work, watch: Watch) -> str:
    run_id = str(uuid.uuid4())
    work.run(
        "runs.request",
        id=run_id,
        store_id=watch.store_id,
        task_id=watch.task_id,
        trigger=Trigger.FILE_WATCH,
        scheduled_time=None,
        rerun_of_id=None,
        idempotency_key=None,
        now=work.now,
    )
    return run_id


def _pages(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(items), PAGE):
        yield items[first : first + PAGE]
