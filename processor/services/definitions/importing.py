"""Brings a database to what a file says: what is not there is made, what differs is changed, nothing is deleted.

1. Things are known by their names: a task by that of its store, its job and its own.
2. Each thing is compared in the form that an export gives it; only the keys that differ are changed, by the services
   that people use, so that every rule holds and every change is noted.
3. An instant that has passed is taken as it is: what ran once stays in the file, and does not run again.
4. All of it is one transaction: a file with one error changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from processor.errors import InvalidInput
from processor.models import Endpoint, Task
from processor.rules.redaction import MASK, redacted_throughout
from processor.services import endpoints, jobs, projects, stores, tasks
from processor.services.definitions import nouns, reading
from processor.services.definitions.document import Entries
from processor.services.definitions.exporting import VERSION
from processor.services.definitions.nouns import Definition
from processor.services.definitions.reading import named, placed
from processor.services.tasks import TaskFields
from processor.storage import order
from processor.storage.work import Work

_Member = TypeVar("_Member", Task, Endpoint)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one thing: `created`, `changed` or `unchanged`; differences are pairs of old and new, masked."""

    action: str
    noun: str
    path: str
    differences: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def apply(work: Work, document: Entries, known_tools: AbstractSet[str]) -> list[Change]:
    """Make, change or leave what the document names; raises InvalidInput with file, line and remedy."""
    document.require_known("file", ("version", "stores"))
    _require_version(document)
    changes: list[Change] = []
    for entry in named(document.several("stores"), "store").values():
        _StoreImport(work, changes, known_tools).bring(entry)
    return changes


def _require_version(document: Entries) -> None:
    version = document.required("file", "version")
    if version == VERSION and version is not True:
        return
    if isinstance(version, int) and version > VERSION:
        problem = f"this file has version {version}, and this program reads {VERSION}: update process-tasks"
        raise document.refuse(problem, "version")
    raise document.refuse(f"'version' must be {VERSION}: correct it", "version")


@dataclass(slots=True)
class _StoreImport:
    """The import of one store; what it did is added to `changes`."""

    work: Work
    changes: list[Change]
    known_tools: AbstractSet[str]
    store_id: str = ""
    path: str = ""
    project_ids: dict[str, str] = field(default_factory=dict)
    tasks_here: dict[str | None, list[Task]] = field(default_factory=dict)
    """By their job, as they are before the import; so are the endpoints."""
    endpoints_here: dict[str | None, list[Endpoint]] = field(default_factory=dict)

    def bring(self, entry: Entries) -> None:
        """The store itself and all that is in it."""
        wanted = reading.store(entry)
        self.path = wanted["name"]
        found = {each.name: each for each in stores.list(self.work)}.get(wanted["name"])
        with placed(entry):
            row = found or stores.create(self.work, wanted["name"])
            self.store_id = row.id
            was = nouns.of_store(stores.view(self.work, row))
            changed = _differing(was, wanted)
            if changed:
                stores.update(self.work, self.store_id, cast("stores.StoreFields", changed))
        self._note("store", self.path, was if found else None, wanted)
        # Jobs by id before any of their tasks, as everybody holds them: the file has them in another order.
        order.hold(self.work, self.store_id, [job.id for job in jobs.list(self.work, self.store_id)])
        self.tasks_here = _by_job(tasks.list(self.work, self.store_id))
        self.endpoints_here = _by_job(endpoints.list(self.work, self.store_id))
        self._projects(named(entry.several("projects"), "project"))
        self._jobs(named(entry.several("jobs"), "job"))
        self._tasks(named(entry.several("tasks"), "task"), None, self.path)

    def _projects(self, entries: Mapping[str, Entries]) -> None:
        there = self._by_name(projects.list(self.work, self.store_id), "projects", entries)
        self.project_ids = {each.name: each.id for each in projects.list(self.work, self.store_id)}
        for name, entry in entries.items():
            wanted, row = reading.project(entry), there.get(name)
            was = None if row is None else nouns.of_project(projects.view(self.work, row))
            with placed(entry):
                if row is None or was is None:
                    made = projects.create(self.work, self.store_id, cast("projects.ProjectFields", wanted))
                    self.project_ids[name] = made.id
                elif changed := _differing(was, wanted):
                    projects.update(self.work, self.store_id, row.id, cast("projects.ProjectFields", changed))
            self._note("project", f"{self.path} / {name}", was, wanted)

    def _jobs(self, entries: Mapping[str, Entries]) -> None:
        there = self._by_name(jobs.list(self.work, self.store_id), "jobs", entries)
        for name, entry in entries.items():
            wanted, row = reading.job(entry), there.get(name)
            path = f"{self.path} / {name}"
            was = None if row is None else nouns.of_job(jobs.view(self.work, row))
            with placed(entry):
                if row is None or was is None:
                    job_id = jobs.create(self.work, self.store_id, _job_fields(wanted), past_allowed=True).id
                else:
                    job_id = row.id
                    if changed := _differing(was, wanted):
                        jobs.update(self.work, self.store_id, job_id, _job_fields(changed), past_allowed=True)
            self._note("job", path, was, wanted)
            self._endpoints(named(entry.several("endpoints"), "endpoint"), job_id, path)
            self._tasks(named(entry.several("tasks"), "task"), job_id, path)

    def _endpoints(self, entries: Mapping[str, Entries], job_id: str, path: str) -> None:
        there = {each.name: each for each in self.endpoints_here[job_id]}
        for name, entry in entries.items():
            wanted, row = reading.endpoint(entry), there.get(name)
            was = None if row is None else nouns.of_endpoint(endpoints.view(self.work, row))
            with placed(entry):
                if row is None or was is None:
                    endpoints.create(self.work, self.store_id, job_id, cast("endpoints.EndpointFields", wanted))
                elif changed := _differing(was, wanted):
                    endpoints.update(self.work, self.store_id, row.id, cast("endpoints.EndpointFields", changed))
            self._note("endpoint", f"{path} / {name}", was, wanted)

    def _tasks(self, entries: Mapping[str, Entries], job_id: str | None, path: str) -> None:
        there = self._by_name(self.tasks_here[job_id], "tasks", entries)
        ids = [self._task(entry, there.get(name), job_id, f"{path} / {name}") for name, entry in entries.items()]
        if job_id is not None:
            self._order(job_id, ids, path)

    def _task(self, entry: Entries, row: Task | None, job_id: str | None, path: str) -> str:
        wanted, was = reading.task(entry), None
        if row is not None:
            names = {id_: project for project, id_ in self.project_ids.items()}
            was = nouns.of_task(tasks.view(self.work, row), names.get(row.project_id or ""))
        with placed(entry):
            id_ = self._brought_task(wanted, was, row, job_id, entry)
        self._note("task", path, was, wanted)
        return id_

    def _brought_task(
        self, wanted: Definition, was: Definition | None, row: Task | None, job_id: str | None, entry: Entries
    ) -> str:
        if row is None or was is None:
            fields = self._task_fields(wanted, entry) | ({} if job_id is None else {"job_id": job_id})
            given = cast("TaskFields", fields)
            return tasks.create(self.work, self.store_id, given, self.known_tools, past_allowed=True).id
        if changed := _differing(was, wanted):
            # A task of another schedule would get the retries of its new type in place of those that it has already.
            retries = {key: wanted[key] for key in nouns.RETRIES if "schedule" in changed}
            given = cast("TaskFields", self._task_fields(retries | changed, entry))
            tasks.update(self.work, self.store_id, row.id, given, self.known_tools, past_allowed=True)
        return row.id

    def _task_fields(self, definition: Definition, entry: Entries) -> dict[str, Any]:
        fields = {key: value for key, value in definition.items() if key not in {"schedule", "project"}}
        if "schedule" in definition:
            fields |= _timing(definition["schedule"])
        if "project" in definition:
            fields["project_id"] = self._project_id(definition["project"], entry)
        return fields

    def _project_id(self, name: str | None, entry: Entries) -> str | None:
        if name is not None and name not in self.project_ids:
            raise entry.refuse(f"there is no project {name!r} in this store: define it under 'projects'", "project")
        return None if name is None else self.project_ids[name]

    def _order(self, job_id: str, named_ids: Iterable[str], path: str) -> None:
        """The order of the file; sequential tasks that it does not name come after it."""
        present = order.of(self.work, job_id)
        wanted = [id_ for id_ in named_ids if id_ in present]
        wanted += [id_ for id_ in present if id_ not in wanted]
        if wanted != present:
            jobs.reorder(self.work, self.store_id, job_id, wanted)
            self.changes.append(Change("changed", "order", path))

    def _by_name(self, rows: Iterable[Any], kind: str, entries: Mapping[str, Entries]) -> dict[str, Any]:
        """The rows that the entries are about; raises InvalidInput where a name stands for several of them."""
        found: dict[str, Any] = {}
        for row in rows:
            if row.name in found and row.name in entries:
                problem = f"the database has several {kind} called {row.name!r} here: rename all but one of them first"
                raise entries[row.name].refuse(problem, "name")
            found[row.name] = row
        return found

    def _note(self, noun: str, path: str, was: Definition | None, wanted: Definition) -> None:
        if was is None:
            self.changes.append(Change("created", noun, path))
            return
        changed = _differing(was, wanted)
        shown = {key: (redacted_throughout(was[key]), redacted_throughout(value)) for key, value in changed.items()}
        self.changes.append(Change("changed" if changed else "unchanged", noun, path, shown))


def _by_job(rows: "Iterable[_Member]") -> "dict[str | None, list[_Member]]":
    found = defaultdict[str | None, list[_Member]](list)
    for row in rows:
        found[row.job_id].append(row)
    return found


def _differing(was: Definition, wanted: Definition) -> Definition:
    """The keys of `wanted` that are not so yet, with the secrets that are there; raises InvalidInput."""
    return {key: _with_secrets(key, was[key], value) for key, value in wanted.items() if not _is_same(was[key], value)}


def _with_secrets(key: str, was: Any, wanted: Any) -> Any:
    """The value as it is to be written: a mask of the file must not take the place of the secret that it stands for."""
    masked = redacted_throughout(was)
    if masked == was:
        return wanted
    kept = {}
    if isinstance(was, dict) and isinstance(wanted, dict):
        kept = {name: was[name] for name, value in wanted.items() if name in was and masked[name] == value}
        changed: Any = {name: value for name, value in wanted.items() if name not in kept}
    else:
        changed = wanted
    if MASK in str(changed):
        raise InvalidInput(
            f"the secret in {key!r} is masked ({MASK}) where the file changes it: "
            "write out the whole value, or leave it as it was exported"
        )
    return {name: kept.get(name, value) for name, value in wanted.items()} if kept else wanted


def _is_same(was: Any, wanted: Any) -> bool:
    """A value that is there already, masked or not; an interval without a start keeps the one that it has."""
    if isinstance(was, dict) and isinstance(wanted, dict) and "every" in wanted and "start" not in wanted:
        was = {key: value for key, value in was.items() if key != "start"}
    return bool(was == wanted or redacted_throughout(was) == wanted)


def _job_fields(definition: Definition) -> "jobs.JobFields":
    fields = {key: value for key, value in definition.items() if key != "schedule"}
    timing = _timing(definition["schedule"]) if "schedule" in definition else {}
    return cast("jobs.JobFields", fields | timing)


def _timing(schedule: Any) -> dict[str, Any]:
    """All of it with its type: what repeats an adaptive task is not to be taken for another baseline."""
    said = {} if isinstance(schedule, str) else {key: value for key, value in schedule.items() if key != "type"}
    return {"schedule_type": nouns.type_of(schedule)} | said
