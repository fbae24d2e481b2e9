"""`processor verify`: whether the database keeps its promises."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from processor.cli.access import opened
from processor.cli.guard import leave
from processor.cli.options import AsJson, alone, verb
from processor.cli.render import say, show_json, show_line, show_whole
from processor.reports.verify import MOST_SHOWN, Verdict, verify
from processor.services import stores

app = alone()
COLUMNS = {"verdict": "", "name": "CHECK", "promise": "PROMISE"}
ROW_COLUMNS = {"name": "CHECK", "id": "ID", "said": "WHAT IS WRONG"}


@verb(app, "verify", "processor verify", "processor verify --store team --json")
def verify_database(
    store: Annotated[
        str | None, typer.Option("--store", metavar="ID|NAME", help="Look at this store only; otherwise at all.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Show so many rows a check.")] = MOST_SHOWN,
    json: AsJson = False,
) -> None:
    """Check every promise that the database can show, and change nothing. Exit 1 if one is broken."""
    with opened() as database, database.reading() as work:
        store_id = None if store is None else stores.get(work, store).id
        verdicts = verify(work, store_id, most_shown=limit)
    if json:
        show_json({"sound": not _broken(verdicts), "checks": [asdict(each) for each in verdicts]})
    else:
        _show(verdicts)
    if _broken(verdicts):
        leave(1)


def _broken(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [each for each in verdicts if each.count]


def _show(verdicts: Sequence[Verdict]) -> None:
    show_whole([asdict(each) | {"verdict": "broken" if each.count else "ok"} for each in verdicts], COLUMNS)
    broken = _broken(verdicts)
    if not broken:
        say(f"All {len(verdicts)} promises are kept.")
        return
    show_line("")
    show_whole(
        [{"name": each.name, "id": row.id, "said": row.said} for each in broken for row in each.rows], ROW_COLUMNS
    )
    for each in broken:
        if each.count > len(each.rows):
            say(f"{each.name}: {each.count - len(each.rows)} more; --limit shows them.")
    say(f"{len(broken)} of {len(verdicts)} promises are broken.")
