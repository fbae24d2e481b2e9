"""Ties the locks to pyproject.toml: `fingerprints.py write` when they are made, `fingerprints.py check` at any time.

The first line of a lock is a checksum of what pyproject.toml asks for and of all its other lines. A requirement changed
without its lock, or a lock changed by hand, is noticed without a network, and comparing an environment with its lock
takes the reading of one line.
"""

import hashlib
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = "# scripts/lock made this from pyproject.toml: "


def main(action: str) -> int:
    stale = [name for name in ("requirements.lock", "requirements-dev.lock") if not is_current(ROOT / name)]
    if action == "write":
        for name in stale:
            write(ROOT / name)
        return 0
    for name in stale:
        sys.stderr.write(f"{name} does not belong to pyproject.toml: run scripts/lock\n")
    return 1 if stale else 0


def is_current(lock: Path) -> bool:
    return lock.read_text().partition("\n")[0] == first_line(lock)


def write(lock: Path) -> None:
    lock.write_text("\n".join([first_line(lock), *pins(lock)]) + "\n")


def first_line(lock: Path) -> str:
    """Say what the first line of `lock` has to be."""
    content = "\n".join([*requirements(develop="dev" in lock.name), *pins(lock)])
    return MARK + hashlib.sha256(content.encode()).hexdigest()


def pins(lock: Path) -> list[str]:
    return [line for line in lock.read_text().splitlines() if not line.startswith("#")]


def requirements(*, develop: bool) -> list[str]:
    """List what pyproject.toml asks for, sorted, with the versions of Python it has to fit."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = pyproject["project"]
    wanted = sorted(project["dependencies"]) + (sorted(pyproject["dependency-groups"]["dev"]) if develop else [])
    return [project["requires-python"], *wanted]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
