"""Tells the agent of a file watch which files changed: as data, because anybody may have named them."""

import json
from collections.abc import Iterable
from typing import Any

from processor.agent.quoting import as_data
from processor.storage import run_changes
from processor.storage.run_changes import Told
from processor.storage.work import Work

MOST_SHOWN = 200
LONGEST_TOGETHER = 10_000
"""Characters of all changes that the first message shows; the rest is there to be listed."""


def render_changed_files(work: Work, store_id: str, run_id: str, *, may_list: bool) -> str:
    """What a run is told of its files, one JSON object a line; empty if it is told of none."""
    shown = within(LONGEST_TOGETHER, run_changes.told(work, store_id, run_id, limit=MOST_SHOWN))
    if not shown:
        return ""
    lines = [as_data(_in_json(each)) for each in shown]
    left = run_changes.count(work, store_id, run_id) - len(shown)
    if left > 0:
        rest = f": list_changes tells them, from number {len(shown) + 1} on" if may_list else ""
        lines.append(f"… and {left:,} more{rest}.")
    return "<changed_files>\n" + "\n".join(lines) + "\n</changed_files>"


def within(most_characters: int, changes: Iterable[Told]) -> list[dict[str, Any]]:
    """As many changes as fit, but one at least if there is one."""
    found: list[dict[str, Any]] = []
    for told in changes:
        change = _object(told)
        most_characters -= len(_in_json(change))
        if most_characters < 0 and found:
            break
        found.append(change)
    return found


def _object(told: Told) -> dict[str, Any]:
    size = {} if told.size_bytes is None else {"size_bytes": told.size_bytes}
    return {"change": told.change, "path": told.path} | size


def _in_json(change: dict[str, Any]) -> str:
    """In one line whatever is in the path: JSON writes line breaks in letters."""
    return json.dumps(change)
