"""Notes: what a task's agent, or a person, leaves for the next run."""

from processor.services import changes, checks
from processor.storage.work import Work

LONGEST_NOTE = 8_000


def get(work: Work, store_id: str, task_id: str) -> str:
    """The note of a task, empty if there is none; raises NotFound."""
    return of_task(work, store_id, _known(work, store_id, task_id))


def of_task(work: Work, store_id: str, task_id: str) -> str:
    """The note of a task that is there."""
    row = work.first("notes.one", store_id=store_id, task_id=task_id)
    return "" if row is None else str(row.body)


def set(work: Work, store_id: str, task_id: str, body: str) -> None:
    """Replace the note of a task; an empty one removes it."""
    ids = {"store_id": store_id, "task_id": _known(work, store_id, task_id)}
    body = checks.text(body, "note", LONGEST_NOTE)
    before = of_task(work, **ids)
    if body.strip():
        work.run("notes.set", body=body, now=work.now, **ids)
    else:
        work.run("notes.delete", **ids)
        body = ""
    changes.note(work, "note.written", *ids.values(), before={"body": before}, after={"body": body})


def _known(work: Work, store_id: str, task_id: str) -> str:
    known = checks.known_id(task_id, "task")
    if work.first("tasks.known", store_id=store_id, id=known) is None:
        raise checks.unknown("task", task_id)
    return known
