"""Whatever happens to files, in the end runs know of them what is there, and each change was told exactly once."""

from dataclasses import dataclass, field
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.rules.snapshot import (
    PATIENCE,
    Change,
    Entry,
    Judgement,
    Moments,
    Remembered,
    Settled,
    differences,
    judge,
    may_hand_on,
)

SETTLE = 60
PATHS = st.sampled_from(["a", "b", "b/c", "b.c", "d"])
CONTENTS = st.sampled_from(["", "x", "y", "xx", "long"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), PATHS, CONTENTS),
        st.tuples(st.just("touch"), PATHS),
        st.tuples(st.just("delete"), PATHS),
        st.tuples(st.just("rename"), PATHS, PATHS),
        st.tuples(st.just("wait"), st.integers(0, 200)),
        st.tuples(st.just("look")),
        st.tuples(st.just("killed look")),
        st.tuples(st.just("run ends")),
        st.tuples(st.just("clock goes back"), st.integers(1, 100)),
    ),
    max_size=60,
)


@dataclass
class File:
    content: str
    mtime: int
    inode: int
    since: int
    """When it last changed, by time that never goes back."""


@dataclass
class Life:
    """Files, the looks at them, and what runs were told; `view` is what they must think is there."""

    files: dict[str, File] = field(default_factory=dict)
    gone_since: dict[str, int] = field(default_factory=dict)
    rows: dict[str, Remembered] = field(default_factory=dict)
    view: dict[str, str] = field(default_factory=dict)
    time: int = 10_000
    set_back: int = 0
    is_first: bool = True
    is_run_open: bool = False
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def do(self, name: str, *values: str) -> None:
        getattr(self, f"_{name.replace(' ', '_')}")(*values)

    def _write(self, path: str, content: str) -> None:
        old = self.files.get(path)
        inode = next(self.numbers) if old is None else old.inode
        # The file system has a clock of its own, which says nothing about ours.
        self.files[path] = File(content, 10**9 + next(self.numbers), inode, self.time)

    def _touch(self, path: str) -> None:
        if path in self.files:
            self.files[path].mtime = next(self.numbers)

    def _delete(self, path: str) -> None:
        if self.files.pop(path, None) is not None:
            self.gone_since[path] = self.time

    def _rename(self, path: str, to: str) -> None:
        if path in self.files and path != to:
            self.files[to] = self.files.pop(path)
            self.files[to].since = self.gone_since[path] = self.time

    def _wait(self, seconds: int) -> None:
        self.time += seconds

    def _run_ends(self) -> None:
        self.is_run_open = False

    def _clock_goes_back(self, seconds: int) -> None:
        self.set_back += seconds

    def _killed_look(self) -> None:
        self._judged()

    def _look(self) -> None:
        moments, judgement = self._judged()
        for path in judgement.forget:
            del self.rows[path]
        self.rows |= {row.path: row for row in judgement.write}
        if self.is_first:
            self.view = {path: file.content for path, file in self.files.items()}
            self.is_first = False
        self.rows |= {row.path: row._replace(hash=self.files[row.path].content) for row in judgement.unread}
        if not self.is_run_open and may_hand_on(judgement, moments, SETTLE):
            for settled in judgement.settled:
                self._hand_on(settled)

    def _judged(self) -> tuple[Moments, Judgement]:
        now = self.time - self.set_back
        moments = Moments(now, now)
        entries: list[Entry] = sorted((p, len(f.content), f.mtime, f.inode) for p, f in self.files.items())
        rows = [self.rows[path] for path in sorted(self.rows)]
        return moments, judge(differences(rows, entries), moments, SETTLE, is_first=self.is_first)

    def _hand_on(self, settled: Settled) -> None:
        path = settled.remembered.path
        if settled.change is Change.DELETED:
            assert self.time - self.gone_since[path] >= SETTLE
            del self.rows[path], self.view[path]
            self.is_run_open = True
            return
        file = self.files[path]
        if not settled.must_be_read or file.content != settled.remembered.hash:
            self._tell(settled.change, path, file)
        self.rows[path] = settled.handed_on(file.content)

    def _tell(self, change: Change, path: str, file: File) -> None:
        assert self.time - file.since >= SETTLE
        assert (change is Change.CREATED) == (path not in self.view)
        assert self.view.get(path) != file.content
        self.view[path] = file.content
        self.is_run_open = True

    def rest(self) -> None:
        """Nothing happens any more; the clock catches up, and runs end."""
        for _ in range(3):
            self.time += self.set_back + PATIENCE * SETTLE
            self._run_ends()
            self._look()


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(STEPS)
def test_each_change_is_told_once_and_none_before_it_stood_still(steps: list[tuple[str, ...]]) -> None:
    life = Life()
    for step in steps:
        life.do(*step)
    life.rest()
    assert life.view == {path: file.content for path, file in life.files.items()}
    assert all(row.differs_since is None for row in life.rows.values())
    told = dict(life.view)
    life.rest()
    assert life.view == told
    assert not life.is_run_open
