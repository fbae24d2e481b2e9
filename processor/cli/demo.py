"""`processor demo`: the whole thing once, on a database of its own, with the offline stand-in for a model."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from processor.agent.toolbox import TOOLS
from processor.cli.access import writing
from processor.cli.options import AsJson, alone, verb
from processor.cli.progress import configure_log
from processor.cli.render import brief, show_json, show_line, show_table
from processor.cli.reports import RUN_COLUMNS, short, summary
from processor.cli.ticking import run_tick
from processor.errors import ConfigurationError
from processor.services import cards, stores, tasks
from processor.settings import Settings, load_settings
from processor.storage.database import Database
from processor.storage.migrate import migrate
from processor.storage.url import sqlite_path
from processor.storage.work import Work
from processor.tick.report import TickReport
from processor.tick.tick import TickOptions

app = alone()

URL = "sqlite:///data/demo.db"
STORE = "demo"
NOBODY_WAS_CALLED = "No LLM was called: a rule-based stand-in read the prompts, so this cost nothing."
PROMPTS = {
    "Test task": "Create a task called 'Test Task'",
    "Plan the week": "Create a card called 'Plan the week' in the column 'In progress'. "
    "Create a card called 'Invite the team' with the description 'Monday, 10 o\u2019clock'.",
    "Tidy up": "Create a card called 'Water the plants'. Move 'Water the plants' to 'Done'. "
    'Leave a note for the next run: "The plants have water until Thursday". Summarise the board.',
}
TASK_COLUMNS = {"name": "TASK", "schedule_text": "SCHEDULE", "prompt": "PROMPT"}
CARD_COLUMNS = {"column": "COLUMN", "title": "CARD", "made_by": "MADE BY"}


@verb(app, "demo", "processor demo")
def run_demo(json: AsJson = False) -> None:
    """Show it all once: three due tasks, one real tick, the cards they make; no LLM is called."""
    show(as_json=json)


def show(*, as_json: bool) -> None:
    """Make the demo's database anew, run one tick on it and show what came of it."""
    configure_log(quiet=True)
    settings = demo_settings()
    with closing(Database(_fresh(settings))) as database:
        migrate(database)
        with writing(database) as work:
            due = make_tasks(work)
        if not as_json:
            _introduce(due)
        report = run_tick(database, settings, TickOptions())
        with database.reading() as work:
            made = _cards(work, report)
    if as_json:
        show_json(report.as_json() | {"cards": made})
    else:
        _conclude(report, made)
    if report.exit_code:
        raise SystemExit(report.exit_code)


def demo_settings() -> Settings:
    """Settings that know no key, no URL and no configuration of the user's; only where the checkout is."""
    return load_settings(
        {
            "PROCESSOR_ROOT": os.environ.get("PROCESSOR_ROOT", ""),
            "PROCESSOR_CONFIG": os.devnull,
            "PROCESSOR_DATABASE_URL": URL,
            "PROCESSOR_MODEL": "rehearsal",
            "PROCESSOR_STOP_FILE": "data/demo.stop",
        }
    )


def make_tasks(work: Work) -> list[dict[str, Any]]:
    """A store with three tasks that are due at this very second: one that runs once, two that repeat."""
    store_id = stores.create(work, STORE).id
    schedules: list[tasks.TaskFields] = [
        {"at": work.now},
        {"every": "7d", "start": work.now},
        {"every": "4h", "start": work.now},
    ]
    for (name, prompt), schedule in zip(PROMPTS.items(), schedules, strict=True):
        tasks.create(work, store_id, {"name": name, "prompt": prompt, **schedule}, TOOLS.keys())
    return [tasks.view(work, task) for task in tasks.list(work, store_id)]


def _fresh(settings: Settings) -> str:
    path = sqlite_path(settings.database_url) or ""
    try:
        for suffix in ("", "-wal", "-shm"):
            Path(path + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The old demo database {path} cannot be removed ({error.strerror}): make its folder writable"
        ) from None
    return settings.database_url


def _cards(work: Work, report: TickReport) -> list[dict[str, Any]]:
    names = {run["id"]: run["task_name"] for run in report.runs}
    found = [cards.view(work, card) for card in cards.list(work, stores.get(work, STORE).id)]
    return [card | {"made_by": names.get(card["created_by_run_id"])} for card in found]


def _introduce(due: list[dict[str, Any]]) -> None:
    _heading(f"A database made anew (data/demo.db), a store '{STORE}', three tasks that are due now")
    show_table([task | {"prompt": brief(task["prompt"], 64)} for task in due], TASK_COLUMNS)
    _heading("One tick, the same that cron starts every five minutes")


def _conclude(report: TickReport, made: list[dict[str, Any]]) -> None:
    show_table([short(run, 88) for run in report.runs], RUN_COLUMNS)
    show_line(summary(report))
    _heading("What the agents left on the board")
    show_table(made, CARD_COLUMNS)
    show_line("")
    show_line(NOBODY_WAS_CALLED)
    _heading("Look further")
    for line in _further(report):
        show_line(line)


def _further(report: TickReport) -> Iterator[str]:
    program = f"PROCESSOR_DATABASE_URL={URL} {_program()}"
    yield f"  {program} runs list --store {STORE}"
    if report.runs:
        yield f"  {program} runs transcript {report.runs[0]['id']} --store {STORE}"
    yield f"  {program} cards list --store {STORE}"
    yield f"  {program} tasks list --store {STORE}"
    yield ""
    yield "Real agents need a key and no --demo: docs/quickstart.md shows the way."


def _program() -> str:
    """As it is called where the demo was started."""
    return "scripts/processor" if os.environ.get("PROCESSOR_ROOT") else "processor"


def _heading(text: str) -> None:
    show_line(f"\n{text}\n")
