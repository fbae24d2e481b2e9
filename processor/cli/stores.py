"""`processor stores`: tenants."""

from typing import Annotated, cast

import typer

from processor.cli.access import opened, writing
from processor.cli.options import DEFAULT_LIMIT, All, AsJson, Limit, cut, given, noun, verb
from processor.cli.render import show_list, show_object
from processor.services import stores

app = noun("Tenants: each has tasks, runs and a board of its own.")
COLUMNS = {"id": "ID", "name": "NAME", "misfire": "MISFIRE"}
Which = Annotated[str, typer.Argument(metavar="ID|NAME", help="The store.")]


@verb(app, "create", "processor stores create --name team")
def create_store(
    name: Annotated[str, typer.Option("--name", help="What people call it; no two stores share a name.")],
    json: AsJson = False,
) -> None:
    """Make a store with an empty board."""
    with opened() as database, writing(database) as work:
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


@verb(app, "update", "processor stores update default --misfire latest")
def update_store(
    store: Which,
    misfire: Annotated[
        str | None,
        typer.Option("--misfire", metavar="skip|latest|all", help="For tasks that do not say it themselves."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Change a store."""
    fields = cast("stores.StoreFields", given(misfire=misfire))
    with opened() as database, writing(database) as work:
        shown = stores.view(work, stores.update(work, stores.get(work, store).id, fields))
    show_object(shown, as_json=json)
