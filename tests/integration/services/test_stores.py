import pytest

from processor.errors import Conflict, InvalidInput, NotFound
from processor.services import cards
from processor.services import stores as service
from processor.services.stores import StoreFields
from processor.storage.database import Database
from tests.conftest import ClockFile, Stores

DEFAULT = "00000000-0000-4000-8000-000000000001"


def test_a_new_store_has_a_board_with_three_columns(database: Database) -> None:
    with database.writing() as work:
        store = service.create(work, "  bakery   Ann ")
        assert store.name == "bakery Ann"
        assert cards.column_names(work, store.id) == ["To do", "In progress", "Done"]


def test_the_first_migration_makes_the_store_default_with_the_same_columns(database: Database) -> None:
    with database.reading() as work:
        assert service.get(work, "default").id == DEFAULT
        assert cards.column_names(work, DEFAULT) == list(service.DEFAULT_COLUMNS)


def test_a_name_is_taken_once(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        before = len(service.list(work))
        with pytest.raises(Conflict, match="exists already"):
            service.create(work, "mine")
        assert len(service.list(work)) == before


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\0b"])
def test_a_store_needs_a_name_that_fits(database: Database, name: str) -> None:
    with database.writing() as work:
        with pytest.raises(InvalidInput):
            service.create(work, name)
        assert len(service.list(work)) == 1


def test_a_store_is_found_by_id_in_any_writing_and_by_name(database: Database, stores: Stores) -> None:
    with database.reading() as work:
        assert service.get(work, stores.mine.upper()).name == "mine"
        assert service.get(work, "mine").id == stores.mine


@pytest.mark.parametrize("given", ["nobody", "8d9c3ef2-0000-4000-8000-000000000000", ""])
def test_an_unknown_store_is_not_found(database: Database, given: str) -> None:
    with database.reading() as work, pytest.raises(NotFound):
        service.get(work, given)


def test_stores_are_listed_by_age_up_to_a_limit(database: Database, stores: Stores) -> None:
    with database.reading() as work:
        assert [store.name for store in service.list(work)] == ["default", "mine", "stranger"]
        assert [store.name for store in service.list(work, limit=2)] == ["default", "mine"]


def test_the_misfire_policy_can_be_changed_and_the_stranger_keeps_its_own(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        service.update(work, stores.mine, {"misfire": "latest"})
    with database.reading() as work:
        mine, stranger = (service.view(work, service.get(work, id_)) for id_ in (stores.mine, stores.stranger))
    assert (mine["misfire"], mine["version"]) == ("latest", 2)
    assert (stranger["misfire"], stranger["version"]) == ("skip", 1)


@pytest.mark.parametrize("fields", [{"policy": {"create_card": "ask"}}, {"policy": {}}, {"budget_usd_per_day": "1.5"}])
def test_what_this_version_would_not_heed_is_refused(database: Database, stores: Stores, fields: StoreFields) -> None:
    with database.writing() as work, pytest.raises(InvalidInput, match="is not available in this version: leave"):
        service.update(work, stores.mine, fields)
    with database.reading() as work:
        mine = service.view(work, service.get(work, stores.mine))
    assert (mine["policy"], mine["budget_usd_per_day"], mine["version"]) == ({}, None, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"misfire": "sometimes"},
        {"misfire": "latest", "colour": "blue"},
    ],
)
def test_what_a_store_cannot_have_is_refused_and_changes_nothing(
    database: Database, stores: Stores, fields: StoreFields
) -> None:
    with database.writing() as work, pytest.raises(InvalidInput):
        service.update(work, stores.mine, fields)
    with database.reading() as work:
        assert service.get(work, stores.mine).version == 1


def test_an_edit_of_an_older_version_is_a_conflict(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        service.update(work, stores.mine, {"misfire": "all"}, version=1)
        with pytest.raises(Conflict, match="version 2"):
            service.update(work, stores.mine, {"misfire": "skip"}, version=1)
        assert service.get(work, stores.mine).misfire == "all"


def test_the_store_object_says_when_it_was_made(clock: ClockFile, database: Database) -> None:
    with database.writing() as work:
        made = service.view(work, service.create(work, "bakery"))
    assert made["created_at"] == made["updated_at"] == "2026-11-16T09:00:00Z"
