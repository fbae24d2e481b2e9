"""`processor export`: stores, projects, jobs and tasks as one file."""

import os
import stat
import sys
import tempfile
from typing import Annotated

import typer

from processor.cli.access import opened
from processor.cli.options import AsJson, alone, verb
from processor.cli.render import say
from processor.errors import InvalidInput
from processor.rules.redaction import MASK
from processor.services import stores
from processor.services.definitions import exporting, writing
from processor.storage.work import Work

app = alone()
NEW_FILE_MODE = 0o644


@verb(
    app,
    "export",
    "processor export --output tasks.yaml",
    "processor export --store team | less",
    "processor export --json > tasks.json",
)
def export_definitions(
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of printing.")
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", metavar="ID|NAME", help="This store only; otherwise all.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Write down stores, projects, jobs, endpoints and tasks, to keep them under version control.

    Runs, cards and the slots that were run are not in the file; what looks like a secret is masked.
    """
    with opened() as database, database.reading() as work:
        document = exporting.document(work, _wanted(work, store))
    text = writing.as_json(document) if json or _is_json(output) else writing.as_yaml(document)
    if MASK in text:
        say(f"What looks like a secret is written as {MASK}; an import into this database leaves it as it is.")
    if output is None:
        sys.stdout.write(text)
    else:
        _write(output, text)
        say(f"Wrote {output}.")


def _wanted(work: Work, store: str | None) -> list[str]:
    if store is not None:
        return [stores.get(work, store).id]
    return [each.id for each in stores.list(work)]


def _is_json(output: str | None) -> bool:
    return output is not None and output.endswith(".json")


def _write(path: str, text: str) -> None:
    """Write the whole file or nothing of it: what was there before stays until the new text is complete.

    What is no file, a pipe or a device, gets the text as it is: nothing may take its place.
    """
    goal = os.path.realpath(path)
    try:
        if os.path.exists(goal) and not os.path.isfile(goal):
            with open(goal, "w", encoding="utf-8") as stream:
                stream.write(text)
        else:
            _replace(goal, text)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written ({error.strerror}): give another --output") from None


def _replace(path: str, text: str) -> None:
    mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else NEW_FILE_MODE
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=os.path.dirname(path), delete=False) as file:
        try:
            file.write(text)
            file.flush()
            os.chmod(file.name, mode)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
