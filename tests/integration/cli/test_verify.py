from processor.models import Heartbeat
from processor.storage.database import Database
from tests.integration.cli.conftest import Processor


def lose_the_heartbeat(url: str) -> None:
    database = Database(url)
    with database.writing() as work:
        work.session.delete(work.session.get_one(Heartbeat, 1))
    database.close()


def test_a_sound_database_exits_0(processor: Processor, task_id: str) -> None:
    outcome = processor("verify")
    assert outcome.code == 0
    assert outcome.err.endswith(" promises are kept.\n")
    assert "A task has one run at most that is running or waiting." in outcome.out
    assert "broken" not in outcome.out
    shown = processor("verify", "--json").json
    assert shown["sound"] is True
    assert {check["count"] for check in shown["checks"]} == {0}


def test_a_broken_promise_exits_1_and_names_its_rows(processor: Processor, sqlite_url: str) -> None:
    lose_the_heartbeat(sqlite_url)
    outcome = processor("verify")
    assert outcome.code == 1
    assert "broken" in outcome.out
    assert "the heartbeat has 0 rows" in outcome.out
    shown = processor("verify", "--json")
    assert (shown.code, '"sound": false' in shown.out, "the heartbeat has 0 rows" in shown.out) == (1, True, True)


def test_what_is_not_shown_is_counted(processor: Processor, sqlite_url: str) -> None:
    for name in ("One", "Two", "Three"):
        processor("tasks", "create", "--name", name, "--prompt", "Tidy", "--every", "4h")
    database = Database(sqlite_url)
    with database.writing() as work:
        work.cursor.execute("UPDATE tasks SET next_run_at = next_run_at + 1")
    database.close()

    outcome = processor("verify", "--limit", "1")

    assert (outcome.code, outcome.out.count("looks next at 2")) == (1, 1)
    assert outcome.err.startswith("next_times_are_slots: 2 more; --limit shows them.\n1 of ")


def test_a_store_is_checked_alone(processor: Processor, sqlite_url: str, task_id: str) -> None:
    processor("stores", "create", "--name", "team")
    database = Database(sqlite_url)
    with database.writing() as work:
        work.cursor.execute("UPDATE tasks SET next_run_at = next_run_at + 1")
    database.close()
    assert processor("verify", "--store", "team").code == 0
    assert processor("verify", "--store", "default").code == 1
    assert "There is no store" in processor("verify", "--store", "nobody").err


def test_no_database_is_no_broken_promise(processor: Processor, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.writing() as work:
        work.cursor.execute("DROP TABLE schema_migrations")
    database.close()
    assert processor("verify").code == 78
