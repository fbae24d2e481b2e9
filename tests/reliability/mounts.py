"""Small file systems of a test's own, which it may fill up and make read-only."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Mount:
    """A folder with a limit to what it holds."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def url(self) -> str:
        """The SQLite database in it."""
        return f"sqlite:///{self.path}/processor.db"

    def leave_free(self, wanted_bytes: int) -> None:
        """Fill it up to that, with a file that belongs to nobody."""
        found = os.statvfs(self.path)
        (self.path / "ballast").write_bytes(b"\0" * (found.f_bavail * found.f_frsize - wanted_bytes))

    def make_room(self) -> None:
        """Take the ballast away."""
        (self.path / "ballast").unlink()

    def become(self, option: str) -> None:
        """Mount it anew, `ro` or `rw`; nobody may have a file of it open for writing."""
        subprocess.run(["mount", "-o", f"remount,{option}", self.path], check=True, capture_output=True)


@contextmanager
def mounted(path: Path, megabytes: int) -> Iterator[Mount]:
    """A fresh file system of that size; skips the test where nobody may mount one.

    SQLite resolves the links in a path by itself, so a namespace of one process cannot be looked into by another.
    """
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(path)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nobody may mount a file system here: {error}")
    try:
        yield Mount(path)
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)
