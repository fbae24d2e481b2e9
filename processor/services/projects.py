"""Projects: what a task's agent may know about its surroundings."""

from collections.abc import Sequence
from typing import Any, TypedDict

from sqlmodel import col, select

from processor.errors import Conflict, InvalidInput
from processor.models import Project
from processor.services import checks
from processor.services.changes import note
from processor.services.instants import moment, shown
from processor.storage.work import Work

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 20_000


class ProjectFields(TypedDict, total=False):
    """What a project is; a key that is not there stays as it is."""

    name: str
    description: str | None


def create(work: Work, store_id: str, fields: ProjectFields) -> Project:
    """A new project. Raises InvalidInput, and Conflict where the name is taken."""
    columns = _checked({"name": None} | fields)
    _require_free(work, store_id, columns["name"])
    now = moment(work.now)
    project = Project(id=checks.new_id(), store_id=store_id, created_at=now, updated_at=now, **columns)
    work.session.add(project)
    work.session.flush()
    note(work, "project.created", store_id, project.id, before=None, after=view(work, project))
    return project


def get(work: Work, store_id: str, project_id: str) -> Project:
    """One project; raises NotFound."""
    query = select(Project).where(Project.store_id == store_id, Project.id == checks.known_id(project_id, "project"))
    found = work.session.exec(query).first()
    if found is None:
        raise checks.unknown("project", project_id)
    return found


def list(work: Work, store_id: str, limit: int | None = None) -> Sequence[Project]:
    """Projects by name, at most `limit`."""
    query = select(Project).where(Project.store_id == store_id).order_by(col(Project.name), Project.id)
    return work.session.exec(query.limit(checks.limit(limit))).all()


def update(work: Work, store_id: str, project_id: str, fields: ProjectFields) -> Project:
    """Change what is given. Raises InvalidInput, NotFound, and Conflict where the name is taken."""
    project, columns = get(work, store_id, project_id), _checked(dict(fields))
    if columns.get("name", project.name) != project.name:
        _require_free(work, store_id, columns["name"])
    before = view(work, project)
    for name, value in columns.items():
        setattr(project, name, value)
    project.updated_at = moment(work.now)
    project.version += 1
    work.session.flush()
    note(work, "project.updated", store_id, project.id, before=before, after=view(work, project))
    return project


def view(_: Work, project: Project) -> dict[str, Any]:
    """The project object of the command line and REST."""
    return {
        "id": project.id,
        "store_id": project.store_id,
        "name": project.name,
        "description": project.description,
        "created_at": shown(project.created_at),
        "updated_at": shown(project.updated_at),
        "version": project.version,
    }


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := fields.keys() - ProjectFields.__annotations__:
        raise InvalidInput(f"A project has no {', '.join(sorted(unknown))}: leave it out")
    columns: dict[str, Any] = {}
    if "name" in fields:
        columns["name"] = checks.one_line(fields["name"], "name of a project", LONGEST_NAME)
    if "description" in fields:
        given = fields["description"] or ""
        columns["description"] = checks.text(given, "description of a project", LONGEST_DESCRIPTION)
    return columns


def _require_free(work: Work, store_id: str, name: str) -> None:
    query = select(Project.id).where(Project.store_id == store_id, Project.name == name)
    if work.session.exec(query).first() is not None:
        raise Conflict(f"A project {name!r} exists already: choose another name")
