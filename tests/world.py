"""A small world to tick in: tasks, the model that answers, ticks, and what they leave behind."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlmodel import SQLModel, col, select

from processor.agent.toolbox import TOOLS
from processor.context import TickContext
from processor.llm.scripted import SCRIPT_VARIABLE
from processor.models import Job, LlmCall, Run, Task, ToolCall, Turn
from processor.models import Tick as TickRow
from processor.reports.verify import verify
from processor.services import cards, tasks
from processor.services.instants import moment
from processor.settings import Settings
from processor.storage.database import Database
from processor.tick.report import TickReport
from processor.tick.tick import TickOptions, tick
from tests.conftest import ClockFile
from tests.rows import ledger_of

Row = TypeVar("Row", bound=SQLModel)
Message = dict[str, Any]
DEFAULT_STORE = "00000000-0000-4000-8000-000000000001"
HOUR = 3_600


def call(name: str, /, **arguments: Any) -> dict[str, Any]:
    """A block that calls a tool."""
    return {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex}", "name": name, "input": arguments}


def says(text: str, **message: Any) -> Message:
    """An answer in words."""
    return {"content": [{"type": "text", "text": text}]} | message


def calls(*blocks: dict[str, Any], **message: Any) -> Message:
    """An answer that calls tools."""
    return {"content": list(blocks)} | message


def finishes(status: str = "done", summary: str = "All is done.") -> Message:
    """An answer that ends its run."""
    return calls(call("finish_run", status=status, summary=summary))


class World:
    """A database, a clock that stands until it is moved, and settings; ticks run in this process."""

    def __init__(self, database: Database, clock: ClockFile, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.database = database
        self.clock = clock
        self.settings = Settings(
            database_url=database.url, model="rehearsal", root=str(folder), stop_file=str(folder / "stop")
        )
        self._folder = folder
        self._patch = patch

    def set(self, **settings: Any) -> None:
        self.settings = self.settings.model_copy(update=settings)

    def script(self, *answers: Message | str) -> None:
        """From now on the model gives these answers, anew in each conversation."""
        path = self._folder / "script.json"
        path.write_text(json.dumps(answers))
        self._patch.setenv(SCRIPT_VARIABLE, str(path))
        self.set(model="scripted")

    def spoil_script(self) -> None:
        """From now on the script cannot be read, so that its model cannot be opened."""
        (self._folder / "script.json").write_text("no JSON")

    def task(self, store_id: str = DEFAULT_STORE, **fields: Any) -> str:
        """A new task, due in an hour and then every hour unless told otherwise; its id."""
        given = {"name": "Task", "prompt": "Create a task called 'Card'"} | fields
        if not given.keys() & {"every", "cron", "at", "watch", "schedule_type"}:
            given["every"] = "1h"
        with self.database.writing() as work:
            return tasks.create(work, store_id, given, TOOLS.keys()).id  # type: ignore[arg-type]

    def due_task(self, store_id: str = DEFAULT_STORE, **fields: Any) -> str:
        """A new task that is due now; its id."""
        return self.task(store_id, **{"every": "1h", "start": self.clock.now} | fields)

    def job(self, steps: int, store_id: str = DEFAULT_STORE) -> tuple[str, list[str]]:
        """A new job with so many sequential tasks; its id and theirs in their order."""
        job_id = str(uuid.uuid4())
        task_ids = [self.task(store_id, name=f"Step {step}", schedule_type="manual") for step in range(1, steps + 1)]
        with self.database.writing() as work:
            now = moment(work.now)
            work.session.add(
                Job(id=job_id, store_id=store_id, name="Job", cursor_at=now, created_at=now, updated_at=now)
            )
        for position, task_id in enumerate(task_ids, start=1):
            row = self.row(task_id)
            self.change(row, job_id=job_id, schedule_type="sequential", position=position, max_retries=0)
        return job_id, task_ids

    def tick(self, context: TickContext | None = None, **options: Any) -> TickReport:
        return asyncio.run(tick(self.database, self.settings, TickOptions(**options), context=context))

    def rows(self, model: type[Row], *order: str, **where: Any) -> list[Row]:
        """All rows of a table with these values, in that order."""
        query = select(model).where(*(getattr(model, name) == value for name, value in where.items()))
        with self.database.reading() as work:
            return list(work.session.exec(query.order_by(*(col(getattr(model, name)) for name in order))))

    def row(self, task_id: str) -> Task:
        return self.rows(Task, id=task_id)[0]

    def runs(self, task_id: str) -> list[Run]:
        return self.rows(Run, "queued_at", "scheduled_time", task_id=task_id)

    def run(self, task_id: str) -> Run:
        """The one run that the task has."""
        (run,) = self.runs(task_id)
        return run

    def turns(self, run_id: str) -> list[Turn]:
        return self.rows(Turn, "turn", run_id=run_id)

    def model_calls(self, run_id: str) -> list[LlmCall]:
        return self.rows(LlmCall, "turn", "started_at", run_id=run_id)

    def tool_calls(self, run_id: str) -> list[ToolCall]:
        return self.rows(ToolCall, "turn", "position", run_id=run_id)

    def ticks(self) -> list[TickRow]:
        return self.rows(TickRow, "started_at")

    def ledger(self, task_id: str) -> list[tuple[int, str, int | None, int]]:
        with self.database.reading() as work:
            return ledger_of(work, task_id)

    def dispositions(self, task_id: str) -> list[str]:
        return [disposition for _, disposition, _, _ in self.ledger(task_id)]

    def titles(self, store_id: str = DEFAULT_STORE) -> list[str]:
        """The titles of the cards on the store's board."""
        with self.database.reading() as work:
            return [card.title for card in cards.list(work, store_id)]

    def broken(self) -> list[str]:
        """What `processor verify` finds: the names of the promises that are broken, and how."""
        with self.database.reading() as work:
            return [f"{each.name}: {each.rows}" for each in verify(work) if each.count]

    def change(self, row: SQLModel, **columns: Any) -> None:
        """Change columns behind the program's back."""
        with self.database.writing() as work:
            for name, value in columns.items():
                setattr(row, name, value)
            work.session.merge(row)
