"""Stores, projects, jobs, endpoints and tasks as they are, as one document in an order that does not depend on ids."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from processor.errors import Conflict
from processor.models import Store, Task
from processor.rules.redaction import redacted_throughout
from processor.services import endpoints, jobs, projects, stores, tasks
from processor.services.definitions import nouns
from processor.services.definitions.nouns import Definition
from processor.storage.work import Work

VERSION = 1
"""Of the form of the file; a later one that reads differently gets a higher number."""


def document(work: Work, store_ids: Sequence[str]) -> dict[str, Any]:
    """The definitions of these stores. What looks like a secret is masked.

    Raises Conflict where two things of a kind have one name: a file knows them by their names.
    """
    found = [_store(work, stores.get(work, store_id)) for store_id in store_ids]
    return {"version": VERSION, "stores": redacted_throughout(sorted(found, key=_name))}


def _store(work: Work, store: Store) -> Definition:
    projects_here = projects.list(work, store.id)
    project_names = {project.id: project.name for project in projects_here}
    defined = [(row, _task(work, row, project_names)) for row in tasks.list(work, store.id)]
    endpoints_here = [endpoints.view(work, each) for each in endpoints.list(work, store.id)]
    return nouns.shortened(nouns.of_store(stores.view(work, store)), nouns.STORE_DEFAULTS) | _filled(
        projects=_unique("projects", [_project(projects.view(work, each)) for each in projects_here]),
        jobs=_unique(
            "jobs", [_job(job, endpoints_here, defined) for job in jobs.views(work, jobs.list(work, store.id))]
        ),
        tasks=_tasks(None, defined),
    )


def _task(work: Work, row: Task, project_names: Mapping[str, str]) -> Definition:
    shown = tasks.view(work, row)
    definition = nouns.of_task(shown, project_names.get(row.project_id or ""))
    return nouns.shortened(definition, nouns.task_defaults(shown["kind"], shown["schedule"]["type"]))


def _project(shown: Mapping[str, Any]) -> Definition:
    return nouns.shortened(nouns.of_project(shown), nouns.PROJECT_DEFAULTS)


def _endpoint(shown: Mapping[str, Any]) -> Definition:
    return nouns.shortened(nouns.of_endpoint(shown), nouns.ENDPOINT_DEFAULTS)


def _job(
    shown: Mapping[str, Any], endpoints_here: Iterable[Mapping[str, Any]], defined: Iterable[tuple[Task, Definition]]
) -> Definition:
    of_job = [_endpoint(each) for each in endpoints_here if each["job_id"] == shown["id"]]
    return nouns.shortened(nouns.of_job(shown), nouns.JOB_DEFAULTS) | _filled(
        endpoints=_unique("endpoints", of_job), tasks=_tasks(shown["id"], defined)
    )


def _tasks(job_id: str | None, defined: Iterable[tuple[Task, Definition]]) -> list[Definition]:
    """Sequential tasks in the order of their job, then the others by name."""
    members = [(row.position, definition) for row, definition in defined if row.job_id == job_id]
    others = [definition for position, definition in members if position is None]
    ordered = [(position, definition) for position, definition in members if position is not None]
    _unique("tasks", [definition for _, definition in members])
    return [*(definition for _, definition in sorted(ordered, key=itemgetter(0))), *sorted(others, key=_name)]


def _unique(kind: str, definitions: Iterable[Definition]) -> list[Definition]:
    found = sorted(definitions, key=_name)
    for name, count in Counter(map(_name, found)).items():
        if count > 1:
            raise Conflict(
                f"{count} {kind} are called {name!r} in one place, and a file knows them by name: rename one of them"
            )
    return found


def _name(definition: Definition) -> str:
    return str(definition["name"])


def _filled(**lists: list[Definition]) -> Definition:
    return {key: found for key, found in lists.items() if found}
