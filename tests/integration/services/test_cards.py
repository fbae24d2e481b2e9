import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from processor.errors import Conflict, InvalidInput, NotFound
from processor.models import Run, Task
from processor.services import cards
from processor.services.instants import moment
from processor.storage.database import Database
from processor.storage.faults import BrokenConstraint
from processor.storage.work import Work
from tests.conftest import MONDAY_MORNING, ClockFile, Stores


def order(work: Work, store_id: str, column: str) -> list[tuple[str, int]]:
    return [(card.title, card.position) for card in cards.list(work, store_id, column)]


def make_run(work: Work, store_id: str) -> str:
    now = moment(work.now)
    task = Task(
        id=str(uuid.uuid4()),
        store_id=store_id,
        name="Standup",
        prompt="Create a card",
        schedule_type="manual",
        cursor_at=now,
        created_at=now,
        updated_at=now,
    )
    work.session.add(task)
    work.session.flush()
    run = Run(id=str(uuid.uuid4()), store_id=store_id, task_id=task.id, trigger="manual", queued_at=now)
    work.session.add(run)
    work.session.flush()
    return run.id


@pytest.fixture
def three(database: Database, stores: Stores) -> dict[str, str]:
    """Cards A, B and C in the first column; the stranger has one of its own."""
    with database.writing() as work:
        cards.create(work, stores.stranger, "Theirs")
        return {title: cards.create(work, stores.mine, title).id for title in "ABC"}


def test_a_card_goes_to_the_end_of_the_first_column(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        cards.create(work, stores.mine, "One")
        card = cards.create(work, stores.mine, "Two", "Why and how")
        assert (card.column, card.position, card.description) == ("To do", 2, "Why and how")


@pytest.mark.parametrize("name", ["Done", "done", "DONE", " in   PROGRESS "])
def test_a_column_is_found_in_any_case(database: Database, stores: Stores, name: str) -> None:
    with database.writing() as work:
        card = cards.create(work, stores.mine, "One", column=name)
        assert card.column.casefold() == " ".join(name.split()).casefold()


def test_an_unknown_column_is_refused_with_those_that_exist(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        with pytest.raises(InvalidInput, match="use one of To do, In progress, Done"):
            cards.create(work, stores.mine, "One", column="Somewhere")
        assert not cards.list(work, stores.mine)


def test_a_card_names_the_run_that_made_it(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        run_id = make_run(work, stores.mine)
        card = cards.create(work, stores.mine, "One", run_id=run_id)
        assert card.created_by_run_id == run_id
        assert cards.create(work, stores.mine, "By hand").created_by_run_id is None


def test_a_run_of_another_store_cannot_make_a_card(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        run_id = make_run(work, stores.stranger)
    with pytest.raises(BrokenConstraint), database.writing() as work:
        cards.create(work, stores.mine, "One", run_id=run_id)
    with database.reading() as work:
        assert not cards.list(work, stores.mine)


@pytest.mark.parametrize(
    ("title", "description"),
    [("", ""), ("  ", ""), ("x" * 201, ""), ("One", "x" * 20_001), ("One\0", ""), ("One", "\ud800")],
)
def test_a_card_that_does_not_fit_is_refused(database: Database, stores: Stores, title: str, description: str) -> None:
    with database.writing() as work:
        with pytest.raises(InvalidInput):
            cards.create(work, stores.mine, title, description)
        assert not cards.list(work, stores.mine)


def test_the_longest_card_fits(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        card = cards.create(work, stores.mine, "ü" * 200, "語" * 20_000)
        assert (card.title, card.description) == ("ü" * 200, "語" * 20_000)


def test_cards_are_listed_by_column_and_place(database: Database, stores: Stores, three: dict[str, str]) -> None:
    with database.writing() as work:
        cards.move(work, stores.mine, three["A"], "Done")
        assert [card.title for card in cards.list(work, stores.mine)] == ["B", "C", "A"]
        assert [card.title for card in cards.list(work, stores.mine, limit=2)] == ["B", "C"]
        assert [card.title for card in cards.list(work, stores.mine, "done")] == ["A"]


def test_title_and_description_change_apart(database: Database, stores: Stores, three: dict[str, str]) -> None:
    with database.writing() as work:
        cards.update(work, stores.mine, three["A"], description="More")
        card = cards.update(work, stores.mine, three["A"], title="New")
        assert (card.title, card.description, card.version) == ("New", "More", 3)
        assert cards.update(work, stores.mine, three["A"], description="").description == ""


def test_an_edit_of_an_older_version_is_a_conflict(database: Database, stores: Stores, three: dict[str, str]) -> None:
    with database.writing() as work:
        cards.update(work, stores.mine, three["A"], title="First", version=1)
        with pytest.raises(Conflict):
            cards.update(work, stores.mine, three["A"], title="Second", version=1)
        assert cards.get(work, stores.mine, three["A"]).title == "First"


@pytest.mark.parametrize(
    ("moved", "position", "expected"),
    [("A", None, "BCA"), ("A", 1, "ABC"), ("A", 2, "BAC"), ("C", 1, "CAB"), ("B", 3, "ACB"), ("B", 99, "ACB")],
)
def test_a_card_moves_within_its_column(
    database: Database, stores: Stores, three: dict[str, str], moved: str, position: int | None, expected: str
) -> None:
    with database.writing() as work:
        card = cards.move(work, stores.mine, three[moved], "To do", position)
        assert order(work, stores.mine, "To do") == [(title, place) for place, title in enumerate(expected, start=1)]
        assert card.position == expected.index(moved) + 1


def test_a_card_moves_to_a_place_in_another_column_and_both_close_ranks(
    database: Database, stores: Stores, three: dict[str, str]
) -> None:
    with database.writing() as work:
        cards.move(work, stores.mine, three["A"], "Done")
        cards.move(work, stores.mine, three["B"], "Done", 1)
        assert order(work, stores.mine, "Done") == [("B", 1), ("A", 2)]
        assert order(work, stores.mine, "To do") == [("C", 1)]


@pytest.mark.parametrize("position", [0, -1])
def test_there_is_no_place_before_the_first(
    database: Database, stores: Stores, three: dict[str, str], position: int
) -> None:
    with database.writing() as work:
        with pytest.raises(InvalidInput):
            cards.move(work, stores.mine, three["C"], "To do", position)
        assert order(work, stores.mine, "To do") == [("A", 1), ("B", 2), ("C", 3)]


def test_a_deleted_card_leaves_no_gap_and_takes_its_comments(
    database: Database, stores: Stores, three: dict[str, str]
) -> None:
    with database.writing() as work:
        cards.comment(work, stores.mine, three["A"], "ann", "Gone soon")
        cards.delete(work, stores.mine, three["A"])
        assert order(work, stores.mine, "To do") == [("B", 1), ("C", 2)]
        with pytest.raises(NotFound):
            cards.comments(work, stores.mine, three["A"])


def test_a_card_outlives_the_run_that_made_it(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        run_id = make_run(work, stores.mine)
        card_id = cards.create(work, stores.mine, "One", run_id=run_id).id
        work.session.delete(work.session.exec(select(Run).where(Run.id == run_id)).one())
        work.session.flush()
        assert cards.get(work, stores.mine, card_id).created_by_run_id is None


def test_comments_are_read_in_the_order_of_their_making(
    database: Database, stores: Stores, three: dict[str, str]
) -> None:
    with database.writing() as work:
        for number in range(10):
            cards.comment(work, stores.mine, three["A"], "agent", f" Remark {number} ")
        found = cards.comments(work, stores.mine, three["A"])
        assert [(each.author, each.body) for each in found] == [("agent", f"Remark {n}") for n in range(10)]
        assert cards.get(work, stores.mine, three["A"]).comment_count == 10


@pytest.mark.parametrize(("author", "body"), [("ann", ""), ("ann", "x" * 10_001), ("", "Hello"), ("x" * 201, "Hello")])
def test_a_comment_that_does_not_fit_is_refused(
    database: Database, stores: Stores, three: dict[str, str], author: str, body: str
) -> None:
    with database.writing() as work:
        with pytest.raises(InvalidInput):
            cards.comment(work, stores.mine, three["A"], author, body)
        assert not cards.comments(work, stores.mine, three["A"])


def test_cards_made_at_the_same_time_each_get_a_place_of_their_own(database: Database, stores: Stores) -> None:
    def create(number: int) -> None:
        database.write(cards.create, stores.mine, f"Card {number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(create, range(40)))
    with database.reading() as work:
        assert [card.position for card in cards.list(work, stores.mine)] == list(range(1, 41))


def test_a_strangers_card_is_not_found_by_any_verb(database: Database, stores: Stores, three: dict[str, str]) -> None:
    with database.writing() as work:
        for card_id in (three["A"], str(uuid.uuid4()), "no id at all"):
            with pytest.raises(NotFound):
                cards.get(work, stores.stranger, card_id)
            with pytest.raises(NotFound):
                cards.update(work, stores.stranger, card_id, title="Mine now")
            with pytest.raises(NotFound):
                cards.move(work, stores.stranger, card_id, "Done")
            with pytest.raises(NotFound):
                cards.comment(work, stores.stranger, card_id, "stranger", "Hello")
            with pytest.raises(NotFound):
                cards.comments(work, stores.stranger, card_id)
            with pytest.raises(NotFound):
                cards.delete(work, stores.stranger, card_id)
        assert order(work, stores.mine, "To do") == [("A", 1), ("B", 2), ("C", 3)]
        assert [card.title for card in cards.list(work, stores.stranger)] == ["Theirs"]


def test_the_card_object_is_complete(clock: ClockFile, database: Database, stores: Stores) -> None:
    with database.writing() as work:
        made = cards.create(work, stores.mine, "One", "Two")
        remark = cards.comment_view(work, cards.comment(work, stores.mine, made.id, "ann", "Three"))
    clock.advance(60)
    with database.writing() as work:
        card = cards.view(work, cards.move(work, stores.mine, made.id, "Done"))
    assert card == {
        "id": made.id,
        "store_id": stores.mine,
        "column": "Done",
        "position": 1,
        "title": "One",
        "description": "Two",
        "created_by_run_id": None,
        "comment_count": 1,
        "created_at": "2026-11-16T09:00:00Z",
        "updated_at": "2026-11-16T09:01:00Z",
        "version": 2,
    }
    assert remark == {"id": remark["id"], "author": "ann", "body": "Three", "created_at": "2026-11-16T09:00:00Z"}
    assert clock.now == MONDAY_MORNING + 60
