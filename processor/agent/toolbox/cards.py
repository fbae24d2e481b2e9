"""The tools on the store's own board."""

from typing import Any

from pydantic import Field

from processor.agent.toolbox.tool import Arguments, Caller, Effect, Tool
from processor.services import cards
from processor.storage.work import Work

MOST_LISTED = 200
_COLUMN = Field(default=None, description="Name of a column of the board; left out: the first one.")


class ListCards(Arguments):
    column: str | None = Field(default=None, description="Only the cards of this column.")
    limit: int = Field(default=50, ge=1, le=MOST_LISTED)


class GetCard(Arguments):
    card_id: str


class CreateCard(Arguments):
    title: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=20_000)
    column: str | None = _COLUMN


class UpdateCard(Arguments):
    card_id: str
    title: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=20_000)


class MoveCard(Arguments):
    card_id: str
    column: str


class CommentOnCard(Arguments):
    card_id: str
    text: str = Field(min_length=1, max_length=10_000)


def _list(work: Work, caller: Caller, given: ListCards) -> dict[str, Any]:
    found = cards.list(work, caller.store_id, column=given.column, limit=given.limit)
    return {"cards": [cards.view(work, card) for card in found]}


def _get(work: Work, caller: Caller, given: GetCard) -> dict[str, Any]:
    card = cards.get(work, caller.store_id, given.card_id)
    comments = cards.comments(work, caller.store_id, given.card_id)
    return {**cards.view(work, card), "comments": [{"author": each.author, "text": each.body} for each in comments]}


def _create(work: Work, caller: Caller, given: CreateCard) -> dict[str, Any]:
    return cards.view(work, cards.create(work, caller.store_id, **given.model_dump(), run_id=caller.run_id))


def _update(work: Work, caller: Caller, given: UpdateCard) -> dict[str, Any]:
    return cards.view(work, cards.update(work, caller.store_id, **given.model_dump(exclude_none=True)))


def _move(work: Work, caller: Caller, given: MoveCard) -> dict[str, Any]:
    return cards.view(work, cards.move(work, caller.store_id, given.card_id, given.column))


def _comment(work: Work, caller: Caller, given: CommentOnCard) -> dict[str, Any]:
    cards.comment(work, caller.store_id, given.card_id, author="agent", body=given.text)
    return {"card_id": given.card_id, "commented": True}


LIST_CARDS = Tool(
    "list_cards", "List the cards of the board, with their ids and columns.", ListCards, Effect.READ, _list
)
GET_CARD = Tool("get_card", "Read one card with its description and comments.", GetCard, Effect.READ, _get)
CREATE_CARD = Tool("create_card", "Put a new card on the board.", CreateCard, Effect.LOCAL, _create)
UPDATE_CARD = Tool("update_card", "Change the title or the description of a card.", UpdateCard, Effect.LOCAL, _update)
MOVE_CARD = Tool("move_card", "Move a card to another column of the board.", MoveCard, Effect.LOCAL, _move)
COMMENT_ON_CARD = Tool("comment_on_card", "Add a remark to a card.", CommentOnCard, Effect.LOCAL, _comment)
