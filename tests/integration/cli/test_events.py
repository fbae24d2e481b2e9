import json
from typing import Any

import pytest

from processor.models import AuditEntry
from processor.services import stores
from processor.services.events import Following, Wanted
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import StartProgram
from tests.integration.cli.conftest import Processor
from tests.world import World


def test_events_are_listed_with_the_latest_at_the_end(processor: Processor, task_id: str) -> None:
    processor("tasks", "disable", task_id)
    found = processor("events", "--json").json
    assert [(each["name"], each["subject_id"]) for each in found] == [
        ("task.created", task_id),
        ("task.disabled", task_id),
    ]
    assert list(found[0]) == ["id", "store_id", "name", "subject_id", "payload", "occurred_at"]
    assert [each["name"] for each in processor("events", "--limit", "1", "--json").json] == ["task.disabled"]


def test_events_are_chosen_by_name_subject_store_and_time(processor: Processor, task_id: str) -> None:
    processor("stores", "create", "--name", "team")
    for options, expected in (
        (["--name", "task.*"], ["task.created"]),
        (["--subject", task_id], ["task.created"]),
        (["--store", "team"], ["store.created"]),
        (["--since", "1h"], ["task.created", "store.created"]),
        (["--since", "9000-01-01"], []),
    ):
        assert [each["name"] for each in processor("events", *options, "--json").json] == expected


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "1x"], "write it like 30m, 4h"),
        (["--since", "yesterday"], "write an instant like"),
        (["--name", "task.tickled"], "matches no event"),
        (["--subject", "mine"], "is no id"),
        (["--store", "nowhere"], "There is no store"),
    ],
)
def test_nonsense_is_refused_in_one_line(processor: Processor, options: list[str], said: str) -> None:
    outcome = processor("events", *options)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert said in outcome.err


def test_people_read_events_and_changes_in_lines(processor: Processor, task_id: str) -> None:
    processor("tasks", "update", task_id, "--name", "Sit-down")
    lines = processor("events").out.splitlines()
    assert len(lines) == 3
    assert "name=Sit-down changed=name" in lines[-1]
    changes = processor("audit", "list").out.splitlines()
    assert 'name: "Standup" → "Sit-down"' in changes[1]


def test_the_audit_trail_says_who_changed_what_from_what(processor: Processor, task_id: str) -> None:
    processor("tasks", "update", task_id, "--name", "Sit-down")
    last, first = processor("audit", "list", "--json").json
    assert (last["action"], last["before"], last["after"]) == (
        "task.updated",
        {"name": "Standup"},
        {"name": "Sit-down"},
    )
    assert (first["action"], first["before"], first["after"]["prompt"]) == (
        "task.created",
        None,
        "Create a task called 'Test Task'",
    )
    assert last["actor"].startswith("cli:")
    assert processor(
        "audit", "list", "--actor", last["actor"], "--subject", task_id, "--limit", "1", "--json"
    ).json == [last]
    assert processor("audit", "list", "--actor", "cli:nobody-at-all", "--json").json == []


def test_what_an_agent_does_is_in_its_runs_name(processor: Processor, task_id: str) -> None:
    run = processor("tasks", "run", task_id, "--json").json
    made = next(row for row in processor("audit", "list", "--json").json if row["action"] == "card.created")
    assert made["actor"] == f"run:{run['id']}"
    requested = processor("events", "--name", "run.requested", "--json").json
    assert [(each["subject_id"], each["payload"]["trigger"]) for each in requested] == [(run["id"], "manual")]


def test_following_prints_each_event_on_a_line_of_its_own(database: Database, start_program: StartProgram) -> None:
    database.write(lambda work: stores.create(work, "before").id)
    process = start_program("processor", "events", "--follow", "--json")
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    database.write(lambda work: stores.create(work, "behind").id)
    second = json.loads(process.stdout.readline())
    assert [each["payload"]["name"] for each in (first, second)] == ["before", "behind"]


def test_following_loses_no_event_whose_transaction_is_committed_late(postgres_url: str) -> None:
    here, late = Database(postgres_url), Database(postgres_url)
    following = Following(Wanted())

    def more(work: Work) -> list[Any]:
        return [each["payload"]["name"] for each in following.more(work)]

    with here.reading() as work:
        following.begin(work)
    with late.writing() as slow:
        stores.create(slow, "late")
        slow.settle()
        here.write(lambda work: stores.create(work, "early").id)
        with here.reading() as work:
            assert more(work) == ["early"]
    with here.reading() as work:
        assert more(work) == ["late"]
        assert more(work) == []
    for database in (here, late):
        database.close()


def test_an_audit_row_belongs_to_one_store(world: World) -> None:
    task_id = world.task()
    (row,) = world.rows(AuditEntry, subject_id=task_id)
    assert (row.actor, row.action) == ("system", "task.created")


def test_what_cannot_be_a_time_is_refused_with_both_ways_to_write_one(processor: Processor) -> None:
    refused = processor("events", "--since", "-5")
    assert (refused.code, refused.out) == (1, "")
    assert "or a duration like 1h" in refused.err


def test_people_read_names_before_ids(processor: Processor, task_id: str) -> None:
    processor("jobs", "create", "--name", "Daily", "--every", "1h")
    processor("tasks", "run", task_id)
    lines = {line.split()[1]: line for line in processor("events").out.splitlines()}
    assert "task=Standup attempt=1" in " ".join(lines["run.started"].split())
    assert "name=Daily" in lines["job.created"]
    assert task_id not in lines["run.started"]
    told = {each["name"]: each["payload"] for each in processor("events", "--json").json}
    assert told["run.started"]["task_id"] == task_id
