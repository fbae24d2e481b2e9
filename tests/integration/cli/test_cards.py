from io import StringIO

import pytest

from tests.integration.cli.conftest import Processor


@pytest.fixture
def card_id(processor: Processor) -> str:
    made = processor("cards", "create", "--title", "Call Ada", "--description", "About Monday", "--json").json
    assert (made["title"], made["description"], made["column"]) == ("Call Ada", "About Monday", "To do")
    return str(made["id"])


def test_an_empty_board_says_what_to_do_next(processor: Processor) -> None:
    outcome = processor("cards", "list")
    assert (outcome.code, outcome.out) == (0, "")
    assert "processor cards create" in outcome.err
    assert processor("cards", "list", "--json").json == []


def test_a_card_is_changed_moved_and_commented_on(processor: Processor, card_id: str) -> None:
    assert processor("cards", "update", card_id, "--title", "Call Bob", "--json").json["title"] == "Call Bob"
    moved = processor("cards", "move", card_id, "--column", "in progress", "--position", "1", "--json").json
    assert (moved["column"], moved["position"]) == ("In progress", 1)
    assert processor("cards", "comment", card_id, "--text", "Away", "--json").json["author"] == "operator"
    assert processor("cards", "get", card_id, "--json").json["comments"][0]["body"] == "Away"
    assert "operator: Away" in processor("cards", "get", card_id).out


def test_the_list_can_be_narrowed_to_a_column(processor: Processor, card_id: str) -> None:
    assert [card["id"] for card in processor("cards", "list", "--column", "to do", "--json").json] == [card_id]
    assert processor("cards", "list", "--column", "done", "--json").json == []
    refused = processor("cards", "list", "--column", "Elsewhere")
    assert (refused.code, "To do, In progress, Done" in refused.err) == (1, True)


def test_another_store_sees_none_of_it(processor: Processor, card_id: str) -> None:
    processor("stores", "create", "--name", "stranger")
    assert processor("cards", "list", "--store", "stranger", "--json").json == []
    for verb in (["get"], ["delete", "--yes"], ["update", "--title", "x"], ["comment", "--text", "x"]):
        assert processor("cards", verb[0], card_id, *verb[1:], "--store", "stranger").code == 1
    assert len(processor("cards", "list", "--json").json) == 1


def test_deleting_is_refused_where_nobody_can_be_asked(processor: Processor, card_id: str) -> None:
    outcome = processor("cards", "delete", card_id)
    assert (outcome.code, outcome.out) == (1, "")
    assert "--yes" in outcome.err
    assert len(processor("cards", "list", "--json").json) == 1


def test_a_dry_run_deletes_nothing(processor: Processor, card_id: str) -> None:
    assert processor("cards", "delete", card_id, "--dry-run", "--json").json == {"id": card_id, "deleted": False}
    assert "Would delete" in processor("cards", "delete", card_id, "--dry-run").out
    assert len(processor("cards", "list", "--json").json) == 1


@pytest.mark.parametrize("option", ["--force", "--yes"])
def test_deleting_without_a_question(processor: Processor, card_id: str, option: str) -> None:
    assert processor("cards", "delete", card_id, option, "--json").json == {"id": card_id, "deleted": True}
    assert processor("cards", "list", "--json").json == []


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_on_a_terminal_deleting_asks_first(
    processor: Processor, card_id: str, answer: str, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = StringIO(answer)
    monkeypatch.setattr(typed, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin", typed)
    outcome = processor("cards", "delete", card_id)
    assert "Delete the card 'Call Ada'?" in outcome.err
    assert outcome.code == (0 if left == 0 else 1)
    assert len(processor("cards", "list", "--json").json) == left


def test_nothing_given_to_change_is_refused(processor: Processor, card_id: str) -> None:
    outcome = processor("cards", "update", card_id)
    assert (outcome.code, "Nothing to change" in outcome.err) == (1, True)
