"""Compares what runs were told of files with the log of who changed them; knows nothing of looks."""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Act:
    """Something was done to a file between two readings of the clock; afterwards it `is_there` or not."""

    before: int
    after: int
    name: str
    is_there: bool


@dataclass(frozen=True)
class Report:
    """A run was told of a file in a look at this time."""

    at: int
    name: str
    change: str
    size_bytes: int | None


def acts(log: Path) -> list[Act]:
    return [Act(*json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]


def mismatches(done: list[Act], told: list[Report], folder: Path, settle_seconds: int) -> list[str]:
    """What was told and not done, done and not told, told twice, or told too early."""
    acts_of: dict[str, list[Act]] = defaultdict(list)
    reports_of: dict[str, list[Report]] = defaultdict(list)
    for act in done:
        acts_of[act.name].append(act)
    for report in told:
        reports_of[report.name].append(report)
    found = [f"{name}: nobody touched it" for name in reports_of.keys() - acts_of.keys()]
    for name, of_file in acts_of.items():
        reports = sorted(reports_of[name], key=lambda report: report.at)
        found += [f"{name}: {said}" for said in _of_file(of_file, reports, settle_seconds)]
        found += [f"{name}: {said}" for said in _at_the_end(reports, folder / name)]
    return found


def _of_file(done: list[Act], reports: list[Report], settle_seconds: int) -> Iterator[str]:
    for report in reports:
        if any(report.at - settle_seconds < act.before and act.after < report.at for act in done):
            yield f"{report} is within the settle time"
    if reports and not any(act.before <= reports[0].at - settle_seconds for act in done):
        yield f"{reports[0]} before anything was done"
    for first, second in pairwise(reports):
        if not any(act.after >= first.at and act.before <= second.at - settle_seconds for act in done):
            yield f"{second} again"
        if (first.change == "deleted") != (second.change == "created"):
            yield f"{second} after {first}"
    if len(done) == 1 and len(reports) != 1:
        yield f"was done once and told {len(reports)} times"


def _at_the_end(reports: list[Report], path: Path) -> Iterator[str]:
    """The last report is what is there; what was never told has come to nothing."""
    is_there = os.path.lexists(path)
    if is_there != bool(reports and reports[-1].change != "deleted"):
        yield f"{'is' if is_there else 'is not'} there, told {reports[-1:]}"
    elif is_there and path.lstat().st_size != reports[-1].size_bytes:
        yield f"has {path.lstat().st_size} bytes, told {reports[-1]}"


def reports(rows: list[Any], folder: Path) -> list[Report]:
    """Rows of (queued_at, path, change, size_bytes)."""
    return [Report(at, os.path.relpath(path, folder), change, size) for at, path, change, size in rows]
