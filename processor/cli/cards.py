"""`processor cards`: the board."""

from typing import Annotated, Any

import typer

from processor.cli.access import changing, looking
from processor.cli.options import (
    DEFAULT_LIMIT,
    DEFAULT_STORE,
    All,
    AsJson,
    DryRun,
    Force,
    Limit,
    Store,
    cut,
    given,
    noun,
    verb,
)
from processor.cli.render import confirm, show_json, show_line, show_list, show_object
from processor.services import cards
from processor.storage.work import Work

app = noun("The board that agents and people share.")
COLUMNS = {"id": "ID", "column": "COLUMN", "position": "PLACE", "title": "TITLE", "created_by_run_id": "MADE BY RUN"}
FIRST = ("id", "title", "column")
EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
Which = Annotated[str, typer.Argument(metavar="ID", help="The card.")]
Column = Annotated[str | None, typer.Option("--column", metavar="NAME", help="The column; any case will do.")]
Description = Annotated[str | None, typer.Option("--description", help="What stands on the card.")]


@verb(app, "list", "processor cards list", "processor cards list --column Done --json")
def list_cards(
    column: Column = None,
    limit: Limit = DEFAULT_LIMIT,
    show_all: All = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """List cards by column and place."""
    with looking(store) as (work, store_id):
        rows = [cards.view(work, card) for card in cards.list(work, store_id, column, cut(limit, show_all))]
    empty = "No cards here: 'processor cards create --title TITLE' makes one."
    show_list(rows, COLUMNS, as_json=json, empty=empty, first=FIRST)


@verb(app, "get", f"processor cards get {EXAMPLE_ID}")
def get_card(card: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show one card with its comments."""
    with looking(store) as (work, store_id):
        shown = _with_comments(work, store_id, card)
    if not json:
        shown["comments"] = [f"{each['author']}: {each['body']}" for each in shown["comments"]]
    show_object(shown, as_json=json)


@verb(app, "create", "processor cards create --title 'Call Ada'", "processor cards create --title Done --column done")
def create_card(
    title: Annotated[str, typer.Option("--title", help="One line.")],
    description: Description = None,
    column: Column = None,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Make a card at the end of a column, by default the first."""
    with changing(store) as (work, store_id):
        shown = cards.view(work, cards.create(work, store_id, title, description or "", column))
    show_object(shown, as_json=json)


@verb(app, "update", f"processor cards update {EXAMPLE_ID} --title 'Call Ada again'")
def update_card(
    card: Which,
    title: Annotated[str | None, typer.Option("--title", help="One line.")] = None,
    description: Description = None,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Change what stands on a card."""
    fields = given(title=title, description=description)
    with changing(store) as (work, store_id):
        shown = cards.view(work, cards.update(work, store_id, card, **fields))
    show_object(shown, as_json=json)


@verb(app, "move", f"processor cards move {EXAMPLE_ID} --column 'In progress' --position 1")
def move_card(
    card: Which,
    column: Annotated[str, typer.Option("--column", metavar="NAME", help="Where it goes; any case will do.")],
    position: Annotated[int | None, typer.Option("--position", min=1, help="1 is on top; by default the end.")] = None,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Put a card into a column; the others make room."""
    with changing(store) as (work, store_id):
        shown = cards.view(work, cards.move(work, store_id, card, column, position))
    show_object(shown, as_json=json)


@verb(app, "comment", f"processor cards comment {EXAMPLE_ID} --text 'She is back on Monday'")
def comment_on_card(
    card: Which,
    text: Annotated[str, typer.Option("--text", help="The remark.")],
    author: Annotated[str, typer.Option("--author", help="Who makes it.")] = "operator",
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Add a remark to a card."""
    with changing(store) as (work, store_id):
        shown = cards.comment_view(work, cards.comment(work, store_id, card, author, text))
    show_object(shown, as_json=json)


@verb(app, "delete", f"processor cards delete {EXAMPLE_ID}", f"processor cards delete {EXAMPLE_ID} --force")
def delete_card(
    card: Which, force: Force = False, dry_run: DryRun = False, store: Store = DEFAULT_STORE, json: AsJson = False
) -> None:
    """Delete a card with its comments."""
    with looking(store) as (work, store_id):
        found = cards.get(work, store_id, card)
    if not dry_run:
        confirm(f"Delete the card '{found.title}'?", force=force)
        with changing(store) as (work, store_id):
            cards.delete(work, store_id, card)
    if json:
        show_json({"id": found.id, "deleted": not dry_run})
    else:
        show_line(f"{'Would delete' if dry_run else 'Deleted'} the card '{found.title}'.")


def _with_comments(work: Work, store_id: str, card_id: str) -> dict[str, Any]:
    remarks = [cards.comment_view(work, each) for each in cards.comments(work, store_id, card_id)]
    return cards.view(work, cards.get(work, store_id, card_id)) | {"comments": remarks}
