"""Stores: the tenants, each with its board."""

import json
from collections.abc import Sequence
from typing import Any, TypedDict

from sqlmodel import col, select

from processor.errors import Conflict, InvalidInput, NotFound
from processor.models import Store
from processor.services import checks
from processor.services.changes import note
from processor.services.instants import moment, shown
from processor.storage.work import Work

DEFAULT_COLUMNS = ("To do", "In progress", "Done")
LONGEST_NAME = 100
MISFIRES = ("skip", "latest", "all")

_LATER = {"policy": "A policy about tools", "budget_usd_per_day": "A budget of a day"}


class StoreFields(TypedDict, total=False):
    """What can be changed; a key that is not there stays as it is."""

    policy: dict[str, str] | None
    budget_usd_per_day: float | str | None
    misfire: str


def create(work: Work, name: str) -> Store:
    """A store with an empty board; raises Conflict where the name is taken."""
    name = checks.one_line(name, "name of a store", LONGEST_NAME)
    store_id = checks.new_id()
    if work.first("stores.create", id=store_id, name=name, now=work.now) is None:
        raise Conflict(f"A store {name!r} exists already: choose another name")
    _create_board(work, store_id)
    store = get(work, store_id)
    note(work, "store.created", store_id, store_id, before=None, after=view(work, store))
    return store


def get(work: Work, id_or_name: str) -> Store:
    """The store of that id, else of that name; raises NotFound."""
    found = _by_id(work, id_or_name) or work.session.exec(select(Store).where(Store.name == id_or_name)).first()
    if found is None:
        raise NotFound(f"There is no store {id_or_name[:60]!r}: 'processor stores list' shows them")
    return found


def list(work: Work, limit: int | None = None) -> Sequence[Store]:
    """Stores by age, at most `limit`."""
    query = select(Store).order_by(col(Store.created_at), Store.id)
    return work.session.exec(query.limit(checks.limit(limit))).all()


def update(work: Work, store_id: str, fields: StoreFields, version: int | None = None) -> Store:
    """Change what is given; raises Conflict unless the store still has the `version` that the caller saw."""
    store = _locked(work, store_id)
    if version is not None and version != store.version:
        raise Conflict(f"The store was changed meanwhile (version {store.version}): look again, then repeat the change")
    if unknown := fields.keys() - StoreFields.__annotations__:
        raise InvalidInput(
            f"A store has no {', '.join(sorted(unknown))}: change {', '.join(StoreFields.__annotations__)}"
        )
    before = view(work, store)
    for name, value in _checked(fields).items():
        setattr(store, name, value)
    store.updated_at = moment(work.now)
    store.version += 1
    work.session.flush()
    note(work, "store.updated", store.id, store.id, before=before, after=view(work, store))
    return store


def view(_: Work, store: Store) -> dict[str, Any]:
    """The store object of the command line and REST."""
    budget = store.budget_nanousd_per_day
    return {
        "id": store.id,
        "name": store.name,
        "misfire": store.misfire,
        "policy": json.loads(store.policy),
        "budget_usd_per_day": None if budget is None else checks.usd(budget),
        "created_at": shown(store.created_at),
        "updated_at": shown(store.updated_at),
        "version": store.version,
    }


def _create_board(work: Work, store_id: str) -> None:
    board_id = checks.new_id()
    work.run("boards.create", id=board_id, store_id=store_id, name="Board", now=work.now)
    columns = [
        {"id": checks.new_id(), "store_id": store_id, "board_id": board_id, "name": name, "position": position}
        for position, name in enumerate(DEFAULT_COLUMNS, start=1)
    ]
    work.run("boards.create_column", columns)


def _by_id(work: Work, text: str) -> Store | None:
    try:
        return work.session.get(Store, checks.known_id(text, "store"))
    except NotFound:
        return None


def _locked(work: Work, store_id: str) -> Store:
    query = select(Store).where(Store.id == get(work, store_id).id).with_for_update()
    return work.session.exec(query.execution_options(populate_existing=True)).one()


def _checked(fields: StoreFields) -> dict[str, Any]:
    for name, what in _LATER.items():
        if fields.get(name) is not None:
            raise InvalidInput(f"{what} is not available in this version: leave it out")
    return {"misfire": checks.choice(fields["misfire"], "misfire policy", MISFIRES)} if "misfire" in fields else {}
