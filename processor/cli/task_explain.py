"""`processor tasks explain`: why a task did or did not run lately, and what happens next."""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import typer

from processor.cli.access import opened
from processor.cli.options import DEFAULT_STORE, AsJson, Store, verb
from processor.cli.render import show_json, show_text
from processor.cli.task_options import Which
from processor.reports.explain import Sentence, Topic, explain, why
from processor.reports.explain_facts import Facts, SlotFacts, gather
from processor.rules.instants import iso, iso_or_none
from processor.services import naming, stores, tasks
from processor.settings import load_settings

EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
HEADINGS = {
    Topic.OBSTACLE: "In its way",
    Topic.RUN: "Runs",
    Topic.SLOT: "Latest slots",
    Topic.POLICY: "Its rules",
    Topic.NEXT: "Next",
}


def add_to(app: typer.Typer) -> None:
    """Add this verb to the app of the noun."""
    verb(app, "explain", f"processor tasks explain {EXAMPLE_ID}")(explain_task)


def explain_task(task: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Say in plain words why a task did or did not run lately, and what happens next."""
    settings = load_settings()
    with opened(settings) as database, database.reading() as work:
        store_id = stores.get(work, store).id
        facts = gather(work, settings, store_id, tasks.get(work, store_id, naming.task_id(work, store_id, task)).id)
    sentences = explain(facts)
    if json:
        show_json(_view(facts, sentences))
    else:
        show_text("\n".join(_fitted(line) for line in _paragraphs(sentences)))


def _fitted(line: str) -> str:
    """A terminal would break words at its edge."""
    if not sys.stdout.isatty():
        return line
    width = shutil.get_terminal_size().columns
    return textwrap.fill(line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _paragraphs(sentences: list[Sentence]) -> Iterator[str]:
    topic = Topic.SCHEDULE
    for sentence in sentences:
        if sentence.topic != topic:
            topic = sentence.topic
            yield from ("", HEADINGS[topic])
        yield f"  {sentence.text}" if topic in HEADINGS else sentence.text


def _view(facts: Facts, sentences: list[Sentence]) -> dict[str, Any]:
    task = facts.task
    return {
        "task_id": task.id,
        "task_name": task.name,
        "explained_at": iso(facts.now),
        "enabled": task.enabled,
        "paused_until": iso_or_none(task.paused_until),
        "next_run_at": iso_or_none(task.next_run_at),
        "held_slot": iso_or_none(task.held_slot) if task.held else None,
        "stopped": facts.stop_reason,
        "last_tick_at": iso_or_none(facts.ticked_at),
        "open_runs": [{"id": run.id, "state": run.state, "waiting_for": run.waiting_for} for run in facts.open_runs],
        "slots": [_slot(facts, slot) for slot in facts.slots],
        "sentences": [asdict(each) for each in sentences],
    }


def _slot(facts: Facts, slot: SlotFacts) -> Mapping[str, Any]:
    return {
        "scheduled_time": iso(slot.scheduled_time),
        "until_time": iso_or_none(slot.until_time),
        "slot_count": slot.slot_count,
        "disposition": slot.disposition,
        "run_id": slot.run_id,
        "run_state": slot.run_state,
        "why": why(facts, slot),
    }
