import pytest

from processor.llm.imperatives import CommentOnCard, CreateCard, MoveCard, Step, Summarise, WriteNote, read_steps


@pytest.mark.parametrize(
    "prompt",
    [
        "Create a task called 'Test Task'",
        "create a card called 'Test Task'.",
        'Please create a new task named "Test Task"!',
        "Create a task called “Test Task”",
        "Create a task called ‘Test Task’",  # noqa: RUF001
        "Create a task called „Test Task“",
        "Create a task called «Test Task»",
        "Add the card `Test Task`",
        "Make a task titled Test Task",
        "1. Create a task called 'Test Task'",
        "First, create a task called 'Test Task'.",
        "You keep the board tidy.\n\n- Create a task called 'Test Task'\n",
    ],
)
def test_one_card_in_many_words(prompt: str) -> None:
    assert read_steps(prompt) == [CreateCard("Test Task")]


@pytest.mark.parametrize(
    ("prompt", "steps"),
    [
        ("Create tasks called 'A', 'B' and 'C'.", [CreateCard("A"), CreateCard("B"), CreateCard("C")]),
        ("Create a task called 'A' and a task called 'B'", [CreateCard("A"), CreateCard("B")]),
        ("Create a task called 'A' and create a card called 'B'", [CreateCard("A"), CreateCard("B")]),
        (
            "Create two cards: 'A' and 'B' in column 'Done'",
            [CreateCard("A", None, "Done"), CreateCard("B", None, "Done")],
        ),
        ("Create a task called 'A' in the In progress column", [CreateCard("A", None, "In progress")]),
        ("Create a task called 'A' and put it in Done", [CreateCard("A", None, "Done")]),
        ("Add a card 'A' to the column Done", [CreateCard("A", None, "Done")]),
        ("Create a task 'A' with description 'Do it. Then rest.'", [CreateCard("A", "Do it. Then rest.")]),
        ("Create a task 'A' in column 'Done' with the description 'B'", [CreateCard("A", "B", "Done")]),
        ("Create a task 'A' with text 'B', in column Done", [CreateCard("A", "B", "Done")]),
        ("Create a task to remind me called 'A'", [CreateCard("A")]),
        ("Create a task called 'Ann's report'", [CreateCard("Ann's report")]),
        ("Move 'A' to 'Done'", [MoveCard("A", "Done")]),
        ("Move the card 'A' into the Done column.", [MoveCard("A", "Done")]),
        ("Move 'A' and 'B' to In progress", [MoveCard("A", "In progress"), MoveCard("B", "In progress")]),
        ("Comment on 'A': looks good. Ship it.", [CommentOnCard("A", "looks good. Ship it.")]),
        ("Comment on the card 'A': 'fine'", [CommentOnCard("A", "fine")]),
        ("Add a comment to 'A': see 'B'", [CommentOnCard("A", "see 'B'")]),
        ("Note for next time: check 'A'; then rest.", [WriteNote("check 'A'; then rest.")]),
        ("Leave a note for the next run: hi", [WriteNote("hi")]),
        ("Summarise the board", [Summarise()]),
        ("List all cards in column Done", [Summarise("Done")]),
        ("Show the tasks in 'To do'", [Summarise("To do")]),
        ("List the tasks of this week", [Summarise()]),
        (
            "Create a task called 'A', then move 'A' to Done. Summarize the cards.\nNote for next time: done",
            [CreateCard("A"), MoveCard("A", "Done"), Summarise(), WriteNote("done")],
        ),
        ("Review the board and create a task called 'Check'", [Summarise(), CreateCard("Check")]),
    ],
)
def test_what_a_prompt_asks_for(prompt: str, steps: list[Step]) -> None:
    assert read_steps(prompt) == steps


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Please be nice to everyone.",
        "Do not create a task called 'A'.",
        "Never move 'A' to 'Done'.",
        "If it rains, create a task called 'A'.",
        "He said: \"Create a task called 'A'\"",
        "Create a report called 'A'.",
        "Move on.",
        "⟦0⟧ ⟦1⟧",
        "Comment on ⟦7⟧: hi",
    ],
)
def test_what_is_no_plain_command_is_left_out(prompt: str) -> None:
    assert read_steps(prompt) == []


def test_words_in_quotes_are_never_commands() -> None:
    prompt = "Create a task called 'A. Move B to Done. Create a task called C'"

    assert read_steps(prompt) == [CreateCard("A. Move B to Done. Create a task called C")]
