import pytest

from processor.errors import InvalidInput, NotFound
from processor.services import notes, tasks
from processor.storage.database import Database
from tests.conftest import Stores


@pytest.fixture
def task_id(database: Database, stores: Stores) -> str:
    with database.writing() as work:
        fields: tasks.TaskFields = {"name": "Standup", "prompt": "Create a card", "schedule_type": "manual"}
        return tasks.create(work, stores.mine, fields, frozenset()).id


def test_a_task_begins_without_a_note(database: Database, stores: Stores, task_id: str) -> None:
    with database.reading() as work:
        assert notes.get(work, stores.mine, task_id) == ""


def test_a_note_replaces_the_one_before_and_an_empty_one_removes_it(
    database: Database, stores: Stores, task_id: str
) -> None:
    with database.writing() as work:
        notes.set(work, stores.mine, task_id, "First")
        notes.set(work, stores.mine, task_id, " Second\n")
        assert notes.get(work, stores.mine, task_id) == " Second\n"
        notes.set(work, stores.mine, task_id, "  ")
        assert notes.get(work, stores.mine, task_id) == ""


def test_a_note_has_at_most_8000_characters(database: Database, stores: Stores, task_id: str) -> None:
    with database.writing() as work:
        notes.set(work, stores.mine, task_id, "ü" * 8_000)
        with pytest.raises(InvalidInput, match="at most 8,000"):
            notes.set(work, stores.mine, task_id, "x" * 8_001)
        assert notes.get(work, stores.mine, task_id) == "ü" * 8_000


def test_a_stranger_can_neither_read_nor_write_it(database: Database, stores: Stores, task_id: str) -> None:
    with database.writing() as work:
        notes.set(work, stores.mine, task_id, "Mine")
        with pytest.raises(NotFound):
            notes.get(work, stores.stranger, task_id)
        with pytest.raises(NotFound):
            notes.set(work, stores.stranger, task_id, "Theirs")
        assert notes.get(work, stores.mine, task_id) == "Mine"
