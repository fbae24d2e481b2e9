"""Definitions in a file: what is exported is imported into any database and exported again as the same bytes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from processor.agent.toolbox import TOOLS
from processor.errors import Conflict, InvalidInput
from processor.reports.verify import verify
from processor.services import endpoints, jobs, projects, stores, tasks
from processor.services.definitions import document, exporting, importing, writing
from processor.services.definitions.importing import Change
from processor.storage.database import Database
from processor.storage.migrate import migrate
from tests.conftest import Stores
from tests.dump import everything
from tests.postgres import PostgresServer
from tests.world import DEFAULT_STORE, World

PROMPT = "First look at the board.\n\n  * then: say '#1' of \"it\"\n  * 50 % done\nÄnderungen 😀"


@pytest.fixture
def other(world: World, postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Database]:
    """An empty database of the other kind."""
    if world.database.dialect == "postgresql":
        database = Database(f"sqlite:///{tmp_path / 'other.db'}")
        migrate(database)
        yield database
        database.close()
        return
    name = postgres_server.create()
    database = Database(postgres_server.url(name))
    migrate(database)
    yield database
    database.close()
    postgres_server.drop(name)


def furnish(world: World) -> None:
    """Two stores with a bit of everything that can be defined."""
    with world.database.writing() as work:
        team = stores.create(work, "team").id
        stores.update(work, team, {"misfire": "latest"})
        site = projects.create(work, DEFAULT_STORE, {"name": "Website", "description": "All about\nit"}).id
        nightly = jobs.create(
            work, DEFAULT_STORE, {"name": "Nightly", "cron": "0 3 * * *", "timezone": "Europe/Berlin"}
        ).id
        weekly = jobs.create(work, team, {"name": "Weekly", "every": "7d", "description": "Each week"}).id
        endpoints.create(
            work,
            DEFAULT_STORE,
            nightly,
            {
                "name": "status",
                "method": "GET",
                "url": "https://api.example.com/status",
                "headers": {"Accept": "application/json", "Authorization": "Bearer abc.def123"},
                "risk": "auto",
            },
        )
        for name in ("Zeta", "Alpha", "Midway"):
            new_task(work, DEFAULT_STORE, name=name, schedule_type="sequential", job_id=nightly)
        new_task(work, DEFAULT_STORE, name="Clocked", every="90m", job_id=nightly, project_id=site, priority=1)
        new_task(work, DEFAULT_STORE, name="Once", at="2099-01-01T00:00:00Z", enabled=False, tools=["create_card"])
        new_task(work, DEFAULT_STORE, name="yes", cron="*/5 9-17 * * 1-5", timezone="America/New_York", prompt=PROMPT)
        new_task(work, DEFAULT_STORE, name="Inbox", watch="/data/**/*.csv", settle_seconds=90, enabled=False)
        new_task(work, team, name="Folder", watch="in box/")
        adaptive: dict[str, Any] = {"schedule_type": "adaptive", "min_interval": "15m", "max_interval": "2d"}
        new_task(work, team, name="Market", every="1h", fallback="recent", **adaptive)
        new_task(work, team, name="Workdays", cron="0 9 * * 1-5", timezone="Europe/Berlin", **adaptive)
        new_task(work, team, name="By hand", schedule_type="manual", model="some-model-without-a-price", max_retries=0)
        new_task(
            work, team, name="Step", schedule_type="sequential", job_id=weekly, max_retries=2, retry_multiplier=1.5
        )


def new_task(work: Any, store_id: str, **fields: Any) -> str:
    given = {"prompt": "Summarise the board"} | fields
    return tasks.create(work, store_id, given, TOOLS.keys()).id  # type: ignore[arg-type]


def exported(database: Database) -> str:
    with database.reading() as work:
        return writing.as_yaml(exporting.document(work, [each.id for each in stores.list(work)]))


def imported(database: Database, text: str) -> list[Change]:
    with database.writing() as work:
        return importing.apply(work, document.read(text, "tasks.yaml"), TOOLS.keys())


def test_an_export_into_an_empty_database_of_the_other_kind_gives_the_same_bytes(world: World, other: Database) -> None:
    furnish(world)
    text = exported(world.database)
    changes = imported(other, text)
    assert exported(other) == text
    assert {change.action for change in changes if change.noun in {"task", "job", "endpoint", "project"}} == {"created"}


def test_the_second_import_changes_nothing(world: World) -> None:
    furnish(world)
    text = exported(world.database)
    before = everything(world.database)
    assert {change.action for change in imported(world.database, text)} == {"unchanged"}
    assert everything(world.database) == before


def test_json_is_imported_like_yaml(world: World, other: Database) -> None:
    furnish(world)
    with world.database.reading() as work:
        found = exporting.document(work, [each.id for each in stores.list(work)])
    imported(other, writing.as_json(found))
    assert exported(other) == exported(world.database)
    assert json.loads(writing.as_json(found))["version"] == 1


def test_a_secret_is_never_in_the_file_and_an_import_keeps_it(world: World) -> None:
    furnish(world)
    text = exported(world.database)
    assert "abc.def123" not in text
    imported(world.database, text.replace("https://api.example.com/status", "https://api.example.com/health"))
    with world.database.reading() as work:
        (endpoint,) = endpoints.list(work, DEFAULT_STORE)
    assert "abc.def123" in endpoint.headers
    assert endpoint.url == "https://api.example.com/health"


def test_what_is_beside_a_secret_changes_and_the_secret_stays(world: World) -> None:
    furnish(world)
    with world.database.writing() as work:
        (endpoint,) = endpoints.list(work, DEFAULT_STORE)
        headers = json.loads(endpoint.headers) | {"X-Team": "red"}
        endpoints.update(work, DEFAULT_STORE, endpoint.id, {"headers": headers})
    imported(world.database, exported(world.database).replace("X-Team: red", "X-Team: blue"))
    with world.database.reading() as work:
        assert json.loads(endpoints.list(work, DEFAULT_STORE)[0].headers) == headers | {"X-Team": "blue"}


def test_a_text_that_holds_a_masked_secret_is_not_changed_around_it(world: World) -> None:
    prompt = "Use password: hunter2 to look"
    task_id = world.task(name="Secretive", prompt=prompt)
    text = exported(world.database)
    assert "password: *** to look" in text
    with pytest.raises(InvalidInput, match=r"line \d+: the secret in 'prompt' is masked .* write out the whole value"):
        imported(world.database, text.replace("to look", "to look twice"))
    assert world.row(task_id).prompt == prompt
    imported(world.database, text.replace("password: *** to look", "the password of hunter to look"))
    assert world.row(task_id).prompt == "Use the password of hunter to look"


def test_only_what_differs_is_changed_and_told(world: World) -> None:
    furnish(world)
    text = exported(world.database).replace("priority: 1", "priority: 2").replace("every: 90m", "every: 2h")
    changed = [change for change in imported(world.database, text) if change.action != "unchanged"]
    assert [(change.noun, change.path, sorted(change.differences)) for change in changed] == [
        ("task", "default / Nightly / Clocked", ["priority", "schedule"])
    ]
    assert changed[0].differences["priority"] == (1, 2)


def test_what_ran_once_is_imported_elsewhere_and_does_not_run_again(world: World, other: Database) -> None:
    with world.database.writing() as work:
        new_task(work, DEFAULT_STORE, name="Once", at="2099-01-01T00:00:00Z")
        jobs.create(work, DEFAULT_STORE, {"name": "Once", "at": "2099-01-01T00:00:00Z"})
    text = exported(world.database).replace("2099", "2001")
    for _ in range(2):
        imported(other, text)
        assert exported(other) == text
    with other.reading() as work:
        assert [task.next_run_at for task in tasks.list(work, DEFAULT_STORE)] == [None]
        assert [job.next_run_at for job in jobs.list(work, DEFAULT_STORE)] == [None]
        assert [each.name for each in verify(work) if each.count] == []


def test_the_order_of_the_file_becomes_the_order_of_the_job(world: World) -> None:
    furnish(world)
    text = exported(world.database)
    turned = (
        text.replace("name: Zeta", "name: ~").replace("name: Midway", "name: Zeta").replace("name: ~", "name: Midway")
    )
    imported(world.database, turned)
    assert exported(world.database) == turned


def test_nothing_is_deleted(world: World) -> None:
    furnish(world)
    text = exported(world.database)
    imported(world.database, "version: 1\nstores:\n  - name: default\n")
    assert exported(world.database) == text


def test_what_has_one_name_twice_cannot_be_exported(world: World) -> None:
    for _ in range(2):
        world.task(name="Twin")
    with pytest.raises(Conflict, match="2 tasks are called 'Twin'"):
        exported(world.database)


FILE = """version: 1
stores:
  - name: default
    jobs:
      - name: Nightly
        tasks:
          - name: Report
            prompt: Summarise the board
            schedule: sequential
    tasks:
      - name: Hourly
        prompt: Summarise the board
        schedule: {every: 1h}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("version: 1", "version: 2", 1, "update process-tasks"),
        ("version: 1", "version: true", 1, "must be 1"),
        ("version: 1", 'version: 1\n"\\e[2J\\n": 1', 2, r"no '\x1b[2J\n'"),
        ("version: 1\n", "", 1, "no version"),
        ("schedule: sequential", "schedule: sometimes", 9, "cannot be read"),
        ("schedule: sequential", "shedule: sequential", 9, "no 'shedule'"),
        ("name: Hourly", "name: Hourly\n        prio: 1", 12, "a task has no 'prio'"),
        ("{every: 1h}", "{every: 1s}", 13, "under a minute"),
        ("{every: 1h}", "{every: 1h, cron: '* * * * *'}", 13, "cannot be read"),
        ("{every: 1h}", "{cron: 'x * * * *'}", 11, "cron"),
        ("{every: 1h}", "sequential", 11, "requires --job-id"),
        ("{every: 1h}", "{type: interval, every: 1h}", 13, "only an adaptive schedule has a type"),
        ("{every: 1h}", "{type: adaptive, every: 1h}", 13, "needs a 'min_interval'"),
        ("{every: 1h}", "{type: adaptive, every: 1h, min_interval: 15, max_interval: 1d}", 13, "the interval '15'"),
        ("{every: 1h}", "{watch: in/, settle_seconds: soon}", 11, "'soon' is no whole number: use 0 to"),
        ("{every: 1h}", "{every: 1h, min_interval: 15m}", 13, "min_interval"),
        ("name: Hourly", "name: Hourly\n        project: Unknown", 12, "no project 'Unknown'"),
        ("name: Hourly", "name: Hourly\n        tools: [fly]", 11, "Unknown tool fly"),
        ("name: Hourly", "name: Hourly\n        priority: 9", 11, "out of range"),
        ("name: Hourly", "name: 7", 11, "must be text"),
        ("    tasks:\n      - name: Hourly", "    tasks:\n      - nome: Hourly", 11, "no name"),
        ("        prompt: Summarise the board\n        schedule: {", "        schedule: {", 11, "no prompt"),
        (
            "      - name: Hourly",
            "      - {name: Hourly, prompt: x, schedule: manual}\n      - name: Hourly",
            12,
            "in line 11 already",
        ),
    ],
)
def test_a_file_with_an_error_changes_nothing_and_names_the_line(
    world: World, old: str, new: str, line: int, said: str
) -> None:
    assert old in FILE
    before = everything(world.database)
    with pytest.raises(InvalidInput) as refused:
        imported(world.database, FILE.replace(old, new, 1))
    assert str(refused.value).startswith(f"tasks.yaml, line {line}: "), refused.value
    assert said in str(refused.value)
    assert everything(world.database) == before


def test_the_stranger_is_left_alone(world: World, stores: Stores) -> None:
    theirs = world.task(stores.stranger, name="Hourly", every="2h")
    before = world.row(theirs)
    imported(world.database, FILE)
    assert world.row(theirs) == before
    with world.database.reading() as work:
        assert [task.id for task in tasks.list(work, stores.stranger)] == [theirs]
