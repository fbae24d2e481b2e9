"""What every benchmark is given: databases, sizes, and the programs that are measured."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.benchmarks.stores import Stores

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "process-tasks"
PYTHON = ROOT / ".venv" / "bin" / "python"
"""The interpreter that `scripts/process-tasks` starts."""

Size = TypeVar("Size", int, float)
_OURS = ("PROCESSOR_", "ANTHROPIC_", "DATABASE_URL", "RENDER", "COVERAGE_")


@dataclass(frozen=True, slots=True)
class Setting:
    """One run of the benchmarks."""

    stores: Stores
    is_quick: bool

    def of(self, whole: Size, *, quick: Size) -> Size:
        """A size or a number of repeats."""
        return quick if self.is_quick else whole


def forget_own_settings() -> None:
    """What the developer has set for the program does not reach what is measured."""
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]


def environment(**values: str) -> dict[str, str]:
    """What a program gets that is started to be measured: little, as from cron."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | values
