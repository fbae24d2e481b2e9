"""What people may type for a task or a job: its id, its name if no other has it, or the beginning of its id.

Programs and agents name things by their ids alone: what a name stands for may change while they work.
"""

import json
import re
import uuid
from collections.abc import Collection, Sequence

from processor.errors import InvalidInput
from processor.services import checks
from processor.storage.work import Row, Work

SHORTEST_BEGINNING = 8
"""Characters of an id that are enough to stand for it, if only one thing's id begins so."""
MOST_TOLD = 5
"""An ambiguous name is answered with at most so many ids."""
LONGEST = 200_000
_BEGINNING = re.compile(rf"[0-9a-f-]{{{SHORTEST_BEGINNING},36}}")


def task_id(work: Work, store_id: str | None, given: str, job_id: str | None = None) -> str:
    """The id of the task that is meant, in one store or in all; a name within the job `job_id` goes before others.

    An id is not looked up. Raises NotFound, and InvalidInput where more than one is meant.
    """
    return _meant(work, "task", store_id, given, job_id)


def job_id(work: Work, store_id: str | None, given: str) -> str:
    """The id of the job that is meant; otherwise as `task_id`."""
    return _meant(work, "job", store_id, given)


def called(work: Work, ids: Collection[str]) -> dict[str, str]:
    """The names of those of these ids that are tasks or jobs, of whatever store: for people who may see the ids."""
    return {row.id: row.name for row in work.all("naming.called", ids=json.dumps([*ids]))}


def _meant(work: Work, thing: str, store_id: str | None, given: str, job_id: str | None = None) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        name = " ".join(checks.text(given, f"name of a {thing}", LONGEST).split())
    found: Sequence[Row] = work.all(f"naming.{thing}s_by_name", store_id=store_id, name=name)
    if job_id is not None and len(found) > 1:
        found = [row for row in found if row.job_id == job_id] or found
    found = found or _by_beginning(work, thing, store_id, name.lower())
    if not found:
        raise checks.unknown(thing, given)
    if len(found) > 1:
        raise InvalidInput(f"{given[:60]!r} may be {len(found)} {thing}s: give the id of one, {_told(found)}")
    return str(found[0].id)


def _by_beginning(work: Work, thing: str, store_id: str | None, given: str) -> Sequence[Row]:
    digits = given.replace("-", "")
    if not _BEGINNING.fullmatch(given) or len(digits) > len(uuid.UUID(int=0).hex):
        return []
    lowest, highest = (str(uuid.UUID(digits.ljust(32, filler))) for filler in "0f")
    if given not in {digits, lowest[: len(given)]}:
        return []  # its hyphens are not where an id has them
    return work.all(f"naming.{thing}s_by_id", store_id=store_id, lowest_id=lowest, highest_id=highest)


def _told(found: Sequence[Row]) -> str:
    told = [row.id if row.job_name is None else f"{row.id} (job '{row.job_name}')" for row in found[:MOST_TOLD]]
    return ", ".join(told) + (", …" if len(found) > MOST_TOLD else "")
