"""A watched folder, a task that watches it, and looks at it by the test's clock."""

from pathlib import Path
from typing import Any

from processor.models import RunChange, WatchedFile
from processor.storage import run_changes, watches
from processor.storage.watches import Recorded, Watch
from tests import looking
from tests.rows import add_run
from tests.world import DEFAULT_STORE, World

SETTLE = 60
Told = list[tuple[str, str]]


class Watching:
    """`folder` is watched by the task; relative paths count from the folder above it."""

    def __init__(self, world: World, root: Path, path: str = "in/", store_id: str = DEFAULT_STORE) -> None:
        self.world = world
        self.root = root
        self.folder = root / "in"
        self.folder.mkdir(exist_ok=True)
        self.store_id = store_id
        self.task_id = world.task(store_id, schedule_type="manual")
        self.change(schedule_type="file_watch", watch_path=path, settle_seconds=SETTLE)

    def change(self, **columns: Any) -> None:
        self.world.change(self.world.row(self.task_id), **columns)

    def write(self, name: str, content: str = "content") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def watch(self) -> Watch:
        with self.world.database.reading() as work:
            return next(each for each in watches.watches(work, None) if each.task_id == self.task_id)

    def look(self, after_seconds: int = 0) -> Recorded:
        self.world.clock.advance(after_seconds)
        return looking.look(self.world.database, str(self.root), self.watch())

    def settled(self) -> Told:
        """What the run is told that is made when all has stood still; the run ends at once."""
        self.look(1)
        return self.told(self.look(SETTLE))

    def told(self, recorded: Recorded) -> Told:
        if recorded.run_id is None:
            return []
        with self.world.database.writing() as work:
            found = run_changes.told(work, self.store_id, recorded.run_id, limit=100_000)
        self.end(recorded.run_id)
        below = f"{self.root}/"
        return [(each.path.removeprefix(below), each.change) for each in found]

    def end(self, run_id: str) -> None:
        (run,) = [run for run in self.world.runs(self.task_id) if run.id == run_id]
        self.world.change(run, state="succeeded", finished_at=run.queued_at)

    def open_run(self) -> str:
        with self.world.database.writing() as work:
            return add_run(work, self.store_id, self.task_id, "queued")

    def remembered(self) -> list[WatchedFile]:
        return self.world.rows(WatchedFile, "path", task_id=self.task_id)

    def told_at_all(self) -> int:
        return len(self.world.rows(RunChange))
