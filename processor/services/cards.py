"""Cards: what agents and people put on a store's board, move through its columns, and comment on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from processor.errors import Conflict, InvalidInput, NotFound
from processor.rules.instants import iso
from processor.services import checks
from processor.services.changes import note
from processor.storage.work import Row, Work

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 20_000
LONGEST_COMMENT = 10_000
LONGEST_AUTHOR = 200
_PLACES = checks.Bounds(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the board."""

    id: str
    board_id: str
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class BoardCard:
    """A card where it stands; `position` counts from 1 within its column, instants are epoch seconds."""

    id: str
    store_id: str
    column: str
    title: str
    description: str
    position: int
    created_by_run_id: str | None
    comment_count: int
    created_at: int
    updated_at: int
    version: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark on a card."""

    id: str
    author: str
    body: str
    created_at: int


def columns(work: Work, store_id: str) -> Sequence[Column]:
    """The board's columns from left to right."""
    return [Column(**row) for row in work.run("boards.columns", store_id=store_id).mappings()]


def column_names(work: Work, store_id: str) -> Sequence[str]:
    return [column.name for column in columns(work, store_id)]


def create(
    work: Work, store_id: str, title: str, description: str = "", column: str | None = None, run_id: str | None = None
) -> BoardCard:
    """A card at the end of a column, by default the first; `run_id` names the run that makes it."""
    title = checks.one_line(title, "title of a card", LONGEST_TITLE)
    description = checks.text(description, "description of a card", LONGEST_DESCRIPTION)
    _lock_board(work, store_id)
    target = _column(work, store_id, column)
    card_id = checks.new_id()
    work.run(
        "cards.create",
        id=card_id,
        store_id=store_id,
        board_id=target.board_id,
        column_id=target.id,
        title=title,
        description=description,
        position=_count(work, store_id, target) + 1,
        now=work.now,
    )
    if run_id is not None:
        work.run("cards.link", run_id=run_id, card_id=card_id, store_id=store_id)
    return _noted(work, "card.created", None, get(work, store_id, card_id))


def get(work: Work, store_id: str, card_id: str) -> BoardCard:
    """One card; raises NotFound."""
    row = work.first("cards.one", store_id=store_id, id=checks.known_id(card_id, "card"))
    if row is None:
        raise checks.unknown("card", card_id)
    return _card(row)


def list(work: Work, store_id: str, column: str | None = None, limit: int | None = None) -> Sequence[BoardCard]:
    """Cards by column and place, at most `limit`."""
    column_id = None if column is None else _column(work, store_id, column).id
    rows = work.all("cards.all", store_id=store_id, column_id=column_id, limit=checks.limit(limit))
    return [_card(row) for row in rows]


def update(
    work: Work,
    store_id: str,
    card_id: str,
    title: str | None = None,
    description: str | None = None,
    version: int | None = None,
) -> BoardCard:
    """Change what is given; raises Conflict unless the card still has the `version` that the caller saw."""
    card = get(work, store_id, card_id)
    if title is not None:
        title = checks.one_line(title, "title of a card", LONGEST_TITLE)
    if description is not None:
        description = checks.text(description, "description of a card", LONGEST_DESCRIPTION)
    values = {"id": card.id, "title": title, "description": description, "version": version, "now": work.now}
    if not work.run("cards.update", store_id=store_id, **values).rowcount:
        raise Conflict("The card was changed meanwhile: look at it again, then repeat the change")
    return _noted(work, "card.updated", card, get(work, store_id, card_id))


def move(work: Work, store_id: str, card_id: str, column: str, position: int | None = None) -> BoardCard:
    """Put a card into a column, at `position` (1 is on top) or at its end; the others make room."""
    _lock_board(work, store_id)
    card = get(work, store_id, card_id)
    target = _column(work, store_id, column)
    last = _count(work, store_id, target) + (0 if card.column == target.name else 1)
    place = last if position is None else min(checks.number(position, "position", _PLACES), last)
    work.run("cards.close_gap", store_id=store_id, id=card.id)
    work.run("cards.make_room", store_id=store_id, column_id=target.id, position=place, id=card.id)
    ids = {"board_id": target.board_id, "column_id": target.id, "id": card.id}
    work.run("cards.place", store_id=store_id, position=place, now=work.now, **ids)
    return _noted(work, "card.moved", card, get(work, store_id, card_id))


def delete(work: Work, store_id: str, card_id: str) -> None:
    """Remove a card with its comments; raises NotFound."""
    _lock_board(work, store_id)
    card = get(work, store_id, card_id)
    work.run("cards.close_gap", store_id=store_id, id=card.id)
    work.run("cards.delete", store_id=store_id, id=card.id)
    note(work, "card.deleted", store_id, card.id, before=view(work, card), after=None)


def comment(work: Work, store_id: str, card_id: str, author: str, body: str) -> Comment:
    """Add a remark; `author` is whoever makes it, a person or an agent."""
    card = get(work, store_id, card_id)
    made = Comment(
        checks.new_id(),
        checks.one_line(author, "author of a comment", LONGEST_AUTHOR),
        checks.filled(body, "comment", LONGEST_COMMENT),
        work.now,
    )
    values = {"id": made.id, "author": made.author, "body": made.body, "now": work.now}
    work.run("cards.comment", store_id=store_id, card_id=card.id, **values)
    commented = {"title": card.title} | comment_view(work, made)
    note(work, "card.commented", store_id, card.id, before=None, after=commented)
    return made


def comments(work: Work, store_id: str, card_id: str) -> Sequence[Comment]:
    """The remarks on a card, oldest first."""
    card = get(work, store_id, card_id)
    return [Comment(**row) for row in work.run("cards.comments", store_id=store_id, card_id=card.id).mappings()]


def view(_: Work, card: BoardCard) -> dict[str, Any]:
    """The card object of the command line, REST and the agents' tools."""
    return {
        "id": card.id,
        "store_id": card.store_id,
        "column": card.column,
        "position": card.position,
        "title": card.title,
        "description": card.description,
        "created_by_run_id": card.created_by_run_id,
        "comment_count": card.comment_count,
        "created_at": iso(card.created_at),
        "updated_at": iso(card.updated_at),
        "version": card.version,
    }


def comment_view(_: Work, made: Comment) -> dict[str, Any]:
    """The comment object."""
    return {"id": made.id, "author": made.author, "body": made.body, "created_at": iso(made.created_at)}


def _noted(work: Work, event: str, before: BoardCard | None, after: BoardCard) -> BoardCard:
    was = None if before is None else view(work, before)
    note(work, event, after.store_id, after.id, before=was, after=view(work, after))
    return after


def _card(row: Row) -> BoardCard:
    values = row._asdict()
    return BoardCard(column=values.pop("column_name"), **values)


def _column(work: Work, store_id: str, name: str | None) -> Column:
    """The column of that name in any case, or the first; raises InvalidInput with those that there are."""
    known = columns(work, store_id)
    if not known:
        raise NotFound("This store has no board: create the store anew with 'processor stores create'")
    if name is None:
        return known[0]
    wanted = " ".join(name.split()).casefold()
    found = next((column for column in known if column.name.casefold() == wanted), None)
    if found is None:
        raise InvalidInput(
            f"There is no column {name[:60]!r} on the board: use one of {', '.join(column_names(work, store_id))}"
        )
    return found


def _count(work: Work, store_id: str, column: Column) -> int:
    return int(work.run("cards.count_in_column", store_id=store_id, column_id=column.id).scalar_one())


def _lock_board(work: Work, store_id: str) -> None:
    work.first("boards.lock", store_id=store_id)
