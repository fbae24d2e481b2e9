"""The table of ratios: as Markdown for people, as JSON to keep, and beside an earlier one."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from processor.storage.sqlite_library import sqlite
from tests.benchmarks.measurement import Pair, middle, quartiles

HEADINGS = ("benchmark", "figure", "store", "ours", "compared with", "ratio", "quartiles", "n", "bound", "verdict")
EARLIER = ("earlier", "change")


def as_text(pairs: Sequence[Pair], earlier: Mapping[str, float] | None = None) -> str:
    """The whole table; with the medians of an earlier one, two more columns."""
    headings = HEADINGS if earlier is None else HEADINGS + EARLIER
    rows = [_cells(pair) + ([] if earlier is None else _change(pair, earlier)) for pair in pairs]
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    lines = [_line(headings, widths), "|" + "|".join("-" * (width + 2) for width in widths) + "|"]
    return "\n".join([*lines, *(_line(row, widths) for row in rows)]) + "\n"


def _cells(pair: Pair) -> list[str]:
    bound = pair.bound.text if pair.bound is not None else ""
    if pair.skipped is not None:
        reason = f"skipped: {pair.skipped}"
        return [pair.benchmark, pair.figure, pair.store, "", reason, "", "", "", bound, pair.verdict]
    low, high = quartiles(pair.ratios)
    return [
        pair.benchmark,
        pair.figure,
        pair.store,
        _amount(middle(pair.ours), pair.unit),
        f"{_amount(middle(pair.theirs), pair.unit)} {pair.compared_with}",
        f"{middle(pair.ratios):.2f}",
        f"{low:.2f}-{high:.2f}",
        str(len(pair.ours)),
        bound,
        pair.verdict,
    ]


def _change(pair: Pair, earlier: Mapping[str, float]) -> list[str]:
    before = earlier.get(pair.name)
    if before is None or pair.skipped is not None:
        return ["", ""]
    return [f"{before:.2f}", f"{middle(pair.ratios) / before - 1:+.0%}"]


def _amount(value: float, unit: str) -> str:
    if value >= 1_000:
        return f"{value:,.0f} {unit}"
    return f"{value:.3g} {unit}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def machine() -> dict[str, Any]:
    """Where and with what the figures came about."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "sqlite": sqlite.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "commit": _commit(),
    }


def _commit() -> str | None:
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def save(path: Path, pairs: Sequence[Pair], about: Mapping[str, Any]) -> None:
    """Keep everything that was measured."""
    rows = [
        {
            "name": pair.name,
            "unit": pair.unit,
            "ours": pair.ours,
            "theirs": pair.theirs,
            "ratio": None if pair.skipped is not None else round(middle(pair.ratios), 4),
            "bound": pair.bound.text if pair.bound is not None else None,
            "verdict": pair.verdict,
        }
        for pair in pairs
    ]
    path.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")


def medians(path: Path) -> dict[str, float]:
    """The ratios of a table that was kept, by name."""
    rows = json.loads(path.read_text())["rows"]
    return {row["name"]: row["ratio"] for row in rows if row["ratio"] is not None}
