"""The board: columns, cards, comments, and which run made which card."""

from sqlmodel import SQLModel

from processor.models.columns import Count, Key, Moment, PrimaryKey, Words


class Board(SQLModel, table=True):
    """A store's board."""

    __tablename__ = "boards"

    id: PrimaryKey
    store_id: Key
    name: Words
    created_at: Moment


class BoardColumn(SQLModel, table=True):
    """A column of a board."""

    __tablename__ = "board_columns"

    id: PrimaryKey
    store_id: Key
    board_id: Key
    name: Words
    position: Count


class Card(SQLModel, table=True):
    """What agents and people create."""

    __tablename__ = "cards"

    id: PrimaryKey
    store_id: Key
    board_id: Key
    column_id: Key
    title: Words
    description: Words = ""
    position: Count
    created_at: Moment
    updated_at: Moment
    version: Count = 1


class CardComment(SQLModel, table=True):
    """A remark on a card."""

    __tablename__ = "card_comments"

    id: PrimaryKey
    store_id: Key
    card_id: Key
    author: Words
    body: Words
    created_at: Moment


class RunCard(SQLModel, table=True):
    """Which run made which card."""

    __tablename__ = "run_cards"

    run_id: PrimaryKey
    card_id: PrimaryKey
    store_id: Key
