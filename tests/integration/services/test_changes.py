import json
import uuid
from typing import Any

import pytest

from processor.models import AuditEntry, Event
from processor.services.changes import note
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import Stores
from tests.world import World

SUBJECT = str(uuid.uuid4())


def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    return [(row.name, json.loads(row.payload)) for row in world.rows(Event, "id")]


def audited(world: World) -> list[tuple[str, str, Any, Any]]:
    return [
        (row.actor, row.action, row.before and json.loads(row.before), row.after and json.loads(row.after))
        for row in world.rows(AuditEntry, "id")
    ]


def test_what_was_made_is_audited_whole_and_told_by_its_name(world: World, stores: Stores) -> None:
    before = (len(told(world)), len(audited(world)))
    with world.database.writing() as work:
        note(work, "task.created", stores.mine, SUBJECT, before=None, after={"name": "Tidy", "prompt": "Tidy up"})
    assert told(world)[before[0] :] == [("task.created", {"name": "Tidy"})]
    assert audited(world)[before[1] :] == [
        ("system", "task.created", None, {"name": "Tidy", "prompt": "Tidy up"}),
    ]


def test_a_change_keeps_only_the_keys_that_differ(world: World, stores: Stores) -> None:
    was = {"name": "Tidy", "prompt": "Tidy up", "version": 1, "job_id": None}
    became = {"name": "Tidy", "prompt": "Water the plants", "version": 2, "position": 1}
    with world.database.writing() as work:
        work.actor = "cli:ann"
        note(work, "task.updated", stores.mine, SUBJECT, before=was, after=became)
    changed = ["prompt", "job_id", "position"]
    assert told(world)[-1] == ("task.updated", {"name": "Tidy", "changed": changed})
    assert audited(world)[-1] == (
        "cli:ann",
        "task.updated",
        {"prompt": "Tidy up", "job_id": None},
        {"prompt": "Water the plants", "position": 1},
    )


def test_a_change_of_nothing_writes_nothing(world: World, stores: Stores) -> None:
    before = (told(world), audited(world))
    with world.database.writing() as work:
        row = {"name": "Tidy", "version": 1, "updated_at": "2026-01-05T09:00:00Z"}
        bumped = row | {"version": 2, "updated_at": "2026-01-05T09:00:01Z"}
        note(work, "task.updated", stores.mine, SUBJECT, before=row, after=bumped)
    assert (told(world), audited(world)) == before


def test_secrets_are_masked_before_they_are_written(world: World, stores: Stores) -> None:
    with world.database.writing() as work:
        made = {"name": "Ask with sk-ant-abcdefgh", "headers": {"Authorization": "Bearer abc.def"}, "password": "hush"}
        note(work, "store.created", None, SUBJECT, before=None, after=made)
    written = f"{told(world)[-1]} {audited(world)[-1]}"
    assert not [secret for secret in ("abcdefgh", "abc.def", "hush") if secret in written]


def test_a_change_that_is_undone_leaves_no_trace(world: World, stores: Stores) -> None:
    before = (told(world), audited(world))

    def change_and_fail(work: Work) -> None:
        note(work, "task.deleted", stores.mine, SUBJECT, before={"name": "Tidy"}, after=None)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        world.database.write(change_and_fail)
    assert (told(world), audited(world)) == before


def test_an_unknown_event_is_refused(database: Database) -> None:
    with database.writing() as work, pytest.raises(ValueError, match="is no event"):
        note(work, "task.tickled", None, SUBJECT, before=None, after={"name": "Tidy"})
