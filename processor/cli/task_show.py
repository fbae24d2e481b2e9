"""How the command line shows one task."""

import os
from typing import Any

from processor.cli.render import say, show_json, show_object
from processor.rules.schedules.file_watch import parse
from processor.storage.files import Unavailable, Walk, full_path

FOR_PROGRAMS = frozenset(
    {
        *("schedule", "version"),
        *("max_retries", "retry_delay_seconds", "retry_multiplier", "retry_cap_seconds", "retry_jitter", "retry_on"),
    }
)
"""Fields of a task that people read in words."""


def show_task(shown: dict[str, Any], *, as_json: bool) -> None:
    """Print a task; people read its schedule and retries in words, and that nothing bounds the cost of its runs."""
    if as_json:
        show_json(shown)
        return
    in_words = shown | {"budget_usd": "none" if shown["budget_usd"] is None else shown["budget_usd"]}
    if shown["watch_warning"] is None:
        del in_words["watch_warning"]
    if shown["step"] is not None:
        in_words["step"] = f"Step {shown['step']} in Job '{shown['job_name']}'"
    show_object({name: value for name, value in in_words.items() if name not in FOR_PROGRAMS}, as_json=False)


def tell_watch(shown: dict[str, Any], root: str) -> None:
    """Say where a watch looks, if its path counts from `root`, and what keeps it from looking there."""
    path = shown["schedule"].get("path")
    if path is None:
        return
    if not path.startswith("/"):
        say(f"It watches {full_path(root, path)}.")
    try:
        Walk(root, parse(path))
    except Unavailable as problem:
        say(f"Until a tick can look there, nothing is told: {problem}.")
    found = os.path.join(root, path)
    if os.path.exists(found) and not os.path.isfile(found) and not os.path.isdir(found):
        say("That is neither a file nor a folder: as long as it is not, nothing is told.")
