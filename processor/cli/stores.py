"""`processor stores`: tenants."""

import json as json_library
from typing import Annotated, Any

import typer

from processor.cli.access import opened
from processor.cli.options import DEFAULT_LIMIT, All, AsJson, Limit, cut, given, noun, verb
from processor.cli.render import show_list, show_object
from processor.errors import InvalidInput
from processor.services import stores

app = noun("Tenants: each has tasks, runs and a board of its own.")
COLUMNS = {"id": "ID", "name": "NAME", "misfire": "MISFIRE", "budget_usd_per_day": "USD PER DAY"}
Which = Annotated[str, typer.Argument(metavar="ID|NAME", help="The store.")]


@verb(app, "create", "processor stores create --name team")
def create_store(
    name: Annotated[str, typer.Option("--name", help="What people call it; no two stores share a name.")],
    json: AsJson = False,
) -> None:
    """Make a store with an empty board."""
    with opened() as database, database.writing() as work:
        shown = stores.view(work, stores.create(work, name))
    show_object(shown, as_json=json)


@verb(app, "list", "processor stores list", "processor stores list --json")
def list_stores(limit: Limit = DEFAULT_LIMIT, show_all: All = False, json: AsJson = False) -> None:
    """List stores, the oldest first."""
    with opened() as database, database.reading() as work:
        rows = [stores.view(work, store) for store in stores.list(work, cut(limit, show_all))]
    show_list(rows, COLUMNS, as_json=json, empty="No stores yet: 'processor stores create --name NAME' makes one.")


@verb(app, "get", "processor stores get default")
def get_store(store: Which, json: AsJson = False) -> None:
    """Show one store."""
    with opened() as database, database.reading() as work:
        shown = stores.view(work, stores.get(work, store))
    show_object(shown, as_json=json)


@verb(
    app,
    "update",
    "processor stores update default --misfire latest",
    "processor stores update default --budget-usd-per-day 5",
    """processor stores update default --policy '{"create_card": "auto"}'""",
)
def update_store(
    store: Which,
    misfire: Annotated[
        str | None,
        typer.Option("--misfire", metavar="skip|latest|all", help="For tasks that do not say it themselves."),
    ] = None,
    budget_usd_per_day: Annotated[
        str | None, typer.Option("--budget-usd-per-day", metavar="USD|none", help="The most that a day may cost.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="JSON", help="Tool name to auto, ask or deny, as a JSON object.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Change a store."""
    fields = given(misfire=misfire, budget_usd_per_day=budget_usd_per_day, policy=policy)
    with opened() as database, database.writing() as work:
        shown = stores.view(work, stores.update(work, stores.get(work, store).id, _read(fields)))
    show_object(shown, as_json=json)


def _read(fields: dict[str, Any]) -> stores.StoreFields:
    read: stores.StoreFields = {}
    if "misfire" in fields:
        read["misfire"] = fields["misfire"]
    if "budget_usd_per_day" in fields:
        read["budget_usd_per_day"] = None if fields["budget_usd_per_day"] == "none" else fields["budget_usd_per_day"]
    if "policy" in fields:
        read["policy"] = _read_policy(fields["policy"])
    return read


def _read_policy(text: str) -> dict[str, str]:
    try:
        policy: dict[str, str] = json_library.loads(text)
    except ValueError:
        raise InvalidInput("""The policy is no JSON: write it like '{"create_card": "ask"}'""") from None
    return policy
