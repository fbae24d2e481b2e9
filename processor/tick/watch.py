"""A look at the files that tasks watch: what has changed and settled becomes a run that is told of it.

1. Walk over the files and compare them with what is remembered, both in the order of their paths.
2. Judge the differences by the rules, and read the files that only their content can tell about.
3. Write what is different, the run and its changes in one transaction. Killed before it, the look never was.

A folder that is missing, or a mount whose folder is empty, says nothing about its files: they are kept as they were.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from processor.log import get_logger
from processor.rules.schedules.file_watch import parse
from processor.rules.snapshot import Change, Difference, Judgement, Moments, Remembered, Settled, judge, may_hand_on
from processor.rules.snapshot import differences as differences_between
from processor.storage import watches
from processor.storage.database import Database
from processor.storage.files import MOST_READ_BYTES, Unavailable, Unsteady, Walk, full_path, read_hash
from processor.storage.run_changes import Told
from processor.storage.watches import Look, Watch

READ_BYTES = 256 * 1024 * 1024
"""How much one look reads of the files of a watch; what it does not come to is read by the next ones."""

_LEAST_COST_BYTES = 4_096
"""To open a file costs what it costs to read so much."""


def seen(database: Database, root: str, watch: Watch) -> Look:
    """What there is to be written after a look at what a task watches; writes nothing.

    `root` is where relative paths begin. Raises InvalidSchedule if the path cannot be read.
    """
    began_at = database.clock.now()
    try:
        walk = Walk(root, parse(watch.path), was_folder=watch.is_folder)
        found = _differences(database, watch, walk)
    except Unavailable as error:
        return _unavailable(watch, error, began_at)
    moments = Moments(began_at, database.clock.now())
    judgement = judge(found, moments, watch.settle_seconds, is_first=watch.is_new)
    is_ripe = not watch.has_open_run and may_hand_on(judgement, moments, watch.settle_seconds)
    result = _Result(walk.base, judgement, READ_BYTES)
    if is_ripe:
        result.hand_on(judgement.settled)
    result.read(judgement.unread)
    return result.look(watch, walk, began_at)


def _differences(database: Database, watch: Watch, walk: Walk) -> list[Difference]:
    rows = () if watch.has_moved else watches.remembered(database, watch)
    found = list(differences_between(rows, walk.entries()))
    if walk.is_empty and found and watch.device not in {None, walk.device}:
        raise Unavailable(f"{walk.begins_in} is empty, and on another file system than before")
    return [
        (row, entry) for row, entry in found if row is None or entry is not None or not walk.unseen.covers(row.path)
    ]


def _unavailable(watch: Watch, error: Unavailable, now: int) -> Look:
    """All stays as it is; but what is missing when a watch begins holds nothing yet, and all is new that comes."""
    first_look_at = now if watch.is_new and error.is_missing else watch.first_look_at
    return Look(first_look_at, watch.is_folder, watch.device, str(error))


def given_up(watch: Watch, seconds: float) -> Look:
    """What there is to be written after a look that did not come to its end."""
    reason = f"{watch.path}: it took longer than {seconds:.0f} s to look, the next tick tries again"
    return Look(watch.first_look_at, watch.is_folder, watch.device, reason)


def says_something(watch: Watch, look: Look) -> bool:
    """Tell whether there is anything to be written: not after a look at files that are as they were. Log warnings."""
    if look.warning is not None and look.warning != watch.warning:
        log_unavailable(watch, look.warning)
    before = (watch.first_look_at, watch.is_folder, watch.device, watch.warning)
    now = (look.first_look_at, look.is_folder, look.device, look.warning)
    return before != now or watch.has_moved or bool(look.write or look.forget or look.changes)


def log_unavailable(watch: Watch, reason: str) -> None:
    """Tell why a watch cannot be looked at."""
    get_logger().warning("watch.unavailable", task_id=watch.task_id, store_id=watch.store_id, reason=reason)


@dataclass(slots=True)
class _Result:
    """What a look comes to, as its files are read."""

    base: str
    judgement: Judgement
    bytes_left: int
    changes: list[Told] = field(default_factory=list)
    after: list[Remembered] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    written: dict[str, Remembered] = field(default_factory=dict)

    def hand_on(self, settled: Iterable[Settled]) -> None:
        """Tell the run of each change; first those that must be read, for which there has to be time."""
        for each in sorted(settled, key=lambda each: not each.must_be_read):
            if each.change is Change.DELETED:
                self._tell(each)
                self.gone.append(each.remembered.path)
            elif self.bytes_left > 0 or not each.must_be_read:
                self._hand_on_file(each)

    def _hand_on_file(self, each: Settled) -> None:
        file = each.handed_on(None)
        try:
            hash_ = self._hash(file)
        except Unsteady:  # it goes on changing: the next look sees that
            return
        now = each.handed_on(hash_)
        if each.must_be_read and hash_ == each.remembered.hash:
            self.written[now.path] = now
        else:
            self._tell(each)
            self.after.append(now)

    def read(self, unread: Iterable[Remembered]) -> None:
        """Read known files, so that a later touch of them can be told from a change."""
        for file in unread:
            if self.bytes_left <= 0:
                return
            try:
                hash_ = self._hash(file)
            except Unsteady:
                continue
            if hash_ is not None:
                self.written[file.path] = file._replace(hash=hash_)

    def look(self, watch: Watch, walk: Walk, began_at: int) -> Look:
        """All of it, to be written."""
        return Look(
            began_at if watch.first_look_at is None else watch.first_look_at,
            walk.is_folder,
            walk.device,
            _warning(walk),
            list(({row.path: row for row in self.judgement.write} | self.written).values()),
            self.judgement.forget,
            sorted(self.changes, key=lambda told: told.path),
            self.after,
            self.gone,
        )

    def _tell(self, each: Settled) -> None:
        path = full_path(self.base, each.remembered.path)
        self.changes.append(Told(path, each.change, each.remembered.seen_size_bytes))

    def _hash(self, file: Remembered) -> str | None:
        """The content's hash; None if the file is too large or cannot be read, or enough was read in this look."""
        path, size, mtime_ns, inode = file[:4]
        if size is None or mtime_ns is None or inode is None or size > MOST_READ_BYTES or self.bytes_left <= 0:
            return None
        self.bytes_left -= max(size, _LEAST_COST_BYTES)
        return read_hash(self.base, (path, size, mtime_ns, inode))


def _warning(walk: Walk) -> str | None:
    reasons = walk.unseen.reasons
    if not reasons:
        return None
    path = min(reasons)
    others = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return f"{full_path(walk.base, path)}: {reasons[path]}{others}"
