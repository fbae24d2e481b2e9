"""The tool that leaves a note for the next run of the same task."""

from typing import Any

from pydantic import Field

from processor.agent.toolbox.tool import Arguments, Caller, Effect, Tool
from processor.services import notes
from processor.storage.work import Work


class WriteNote(Arguments):
    text: str = Field(max_length=8000, description="The whole note; it replaces the one that was there.")


def _write(work: Work, caller: Caller, given: WriteNote) -> dict[str, Any]:
    notes.set(work, caller.store_id, caller.task_id, given.text)
    return {"saved": True, "characters": len(given.text)}


WRITE_NOTE = Tool(
    "write_note",
    "Leave a note that the next run of this task will read. It replaces the note that this run was given.",
    WriteNote,
    Effect.LOCAL,
    _write,
)
