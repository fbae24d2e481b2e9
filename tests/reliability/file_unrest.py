"""Changes the files of a folder, on its own, and keeps a log of what it did; takes FOLDER CLOCK LOG SEED.

A line of the log is a JSON list: the clock before and after, the name, and whether something is there now.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

MANY = 10_000
STEPS = 250
APPENDED_SECONDS = 120
PAUSE_SECONDS = 0.01


class Unrest:
    """One process that is at work in a folder."""

    def __init__(self, folder: Path, clock: Path, log: Path, seed: int) -> None:
        self.clock = clock
        self.chance = random.Random(seed)
        self._log = log.open("a", encoding="utf-8")
        os.chdir(folder)

    def now(self) -> int:
        return int(self.clock.read_text())

    def do(self, name: str, change: Callable[[], object]) -> None:
        before = self.now()
        change()
        self._log.write(json.dumps([before, self.now(), name, os.path.lexists(name)]) + "\n")
        self._log.flush()

    def work(self) -> None:
        """A file that grows for longer than it takes to settle, many files at once, and all sorts of changes."""
        until = self.now() + APPENDED_SECONDS
        names = [f"{part}{number}" for part in ("", "below/") for number in range(8)]
        Path("below").mkdir()
        for step in range(STEPS):
            if step == STEPS // 3:
                self._make_many()
            if self.now() < until:
                self.do("slow", lambda: _append("slow", "x"))
            self._change(self.chance.choice(names), self.chance.choice(names))
            time.sleep(PAUSE_SECONDS)
        while self.now() < until:
            self.do("slow", lambda: _append("slow", "x"))
            time.sleep(PAUSE_SECONDS)

    def _make_many(self) -> None:
        Path("many").mkdir()
        for number in range(MANY):
            name = f"many/{number:05}"
            self.do(name, lambda name=name: _append(name, "y"))  # type: ignore[misc]

    def _change(self, name: str, other: str) -> None:
        match self.chance.randrange(6):
            case 0 | 1 if not Path(name).is_symlink():
                self.do(name, lambda: _append(name, self.chance.choice("abc")))
            case 2 if os.path.lexists(name):
                self.do(name, Path(name).unlink)
            case 3 if os.path.lexists(name) and name != other:
                self.do(name, lambda: Path(name).replace(other))
                self.do(other, lambda: None)
            case 4:
                self.do(name, lambda: _link(name, other))
            case 5 if Path(name).is_file() and not Path(name).is_symlink():
                self.do(name, lambda: _touch_ahead(name))


def _append(name: str, text: str) -> None:
    with Path(name).open("a", encoding="utf-8") as file:
        file.write(text)


def _touch_ahead(name: str) -> None:
    _append(name, "d")
    os.utime(name, (4e9, 4e9))


def _link(name: str, other: str) -> None:
    if os.path.lexists(name):
        Path(name).unlink()
    Path(name).symlink_to(other)


if __name__ == "__main__":
    folder, clock, log, seed = sys.argv[1:]
    Unrest(Path(folder), Path(clock), Path(log), int(seed)).work()
