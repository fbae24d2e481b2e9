"""Endpoints: the HTTP addresses that belong to a job, and how risky a call of each is."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypedDict
from urllib.parse import urlsplit

from sqlmodel import col, select

from processor.errors import Conflict, InvalidInput
from processor.models import Endpoint, Job
from processor.services import checks
from processor.services.changes import note
from processor.services.instants import moment, shown
from processor.storage.work import Work

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 20_000
LONGEST_URL = 4_000
LONGEST_BODY = 100_000
LONGEST_HEADER = 8_000
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
RISKS = ("auto", "ask", "deny")
_TIMEOUT = checks.Bounds(1, 120)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110, section 5.6.2."""


class EndpointFields(TypedDict, total=False):
    """What an endpoint is; a key that is not there keeps what is (on creation: the default); None resets it."""

    name: str
    description: str | None
    method: str
    url: str
    headers: dict[str, str] | None
    body: str | None
    risk: str | None
    timeout_seconds: int | None


def create(work: Work, store_id: str, job_id: str, fields: EndpointFields) -> Endpoint:
    """A new endpoint of a job. Raises InvalidInput, NotFound, and Conflict where the job has one of that name."""
    columns = _checked({"name": None, "method": None, "url": None} | fields)
    job_id = _known_job(work, store_id, job_id)
    _require_free(work, job_id, columns["name"])
    now = moment(work.now)
    endpoint = Endpoint(id=checks.new_id(), store_id=store_id, job_id=job_id, created_at=now, updated_at=now, **columns)
    work.session.add(endpoint)
    work.session.flush()
    note(work, "endpoint.created", store_id, endpoint.id, before=None, after=view(work, endpoint))
    return endpoint


def get(work: Work, store_id: str, endpoint_id: str) -> Endpoint:
    """One endpoint; raises NotFound."""
    id_ = checks.known_id(endpoint_id, "endpoint")
    found = work.session.exec(select(Endpoint).where(Endpoint.store_id == store_id, Endpoint.id == id_)).first()
    if found is None:
        raise checks.unknown("endpoint", endpoint_id)
    return found


def list(work: Work, store_id: str, limit: int | None = None) -> Sequence[Endpoint]:
    """Endpoints of all jobs by name, at most `limit`."""
    query = select(Endpoint).where(Endpoint.store_id == store_id).order_by(col(Endpoint.name), Endpoint.id)
    return work.session.exec(query.limit(checks.limit(limit))).all()


def update(work: Work, store_id: str, endpoint_id: str, fields: EndpointFields) -> Endpoint:
    """Change what is given. Raises InvalidInput, NotFound, and Conflict where the name is taken."""
    endpoint, columns = get(work, store_id, endpoint_id), _checked(dict(fields))
    if columns.get("name", endpoint.name) != endpoint.name:
        _require_free(work, endpoint.job_id, columns["name"])
    before = view(work, endpoint)
    for name, value in columns.items():
        setattr(endpoint, name, value)
    endpoint.updated_at = moment(work.now)
    endpoint.version += 1
    work.session.flush()
    note(work, "endpoint.updated", store_id, endpoint.id, before=before, after=view(work, endpoint))
    return endpoint


def view(_: Work, endpoint: Endpoint) -> dict[str, Any]:
    """The endpoint object of the command line and REST."""
    return {
        "id": endpoint.id,
        "store_id": endpoint.store_id,
        "job_id": endpoint.job_id,
        "name": endpoint.name,
        "description": endpoint.description,
        "method": endpoint.method,
        "url": endpoint.url,
        "headers": json.loads(endpoint.headers),
        "body": endpoint.body,
        "risk": endpoint.risk,
        "timeout_seconds": endpoint.timeout_seconds,
        "created_at": shown(endpoint.created_at),
        "updated_at": shown(endpoint.updated_at),
        "version": endpoint.version,
    }


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := fields.keys() - _CHECKS.keys():
        raise InvalidInput(f"An endpoint has no {', '.join(sorted(unknown))}: leave it out")
    return {name: _CHECKS[name](given) for name, given in fields.items()}


def _url(given: object) -> str:
    url = checks.one_line(given, "URL", LONGEST_URL)
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_whole = False
    if not is_whole or " " in url:
        raise InvalidInput(f"The URL {url[:60]!r} cannot be called: write it like https://api.example.com/path")
    return url


def _headers(given: object) -> str:
    if given is None:
        return "{}"
    if not isinstance(given, dict):
        raise InvalidInput("The headers must be names with values, like Accept: application/json")
    headers = {}
    for name, value in given.items():
        if not isinstance(name, str) or _HEADER_NAME.fullmatch(name) is None:
            raise InvalidInput(f"The header name {str(name)[:40]!r} cannot be sent: use letters, digits and hyphens")
        headers[name] = checks.text(value, f"header {name}", LONGEST_HEADER).strip()
        if not headers[name].isprintable():
            raise InvalidInput(f"The header {name} holds a character that cannot be sent: write it in one line")
    return json.dumps(headers, ensure_ascii=False)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": lambda given: checks.one_line(given, "name of an endpoint", LONGEST_NAME),
    "description": lambda given: checks.text(given or "", "description of an endpoint", LONGEST_DESCRIPTION),
    "method": lambda given: checks.choice(given, "method", METHODS),
    "url": _url,
    "headers": _headers,
    "body": lambda given: None if given is None else checks.text(given, "body of an endpoint", LONGEST_BODY),
    "risk": lambda given: checks.choice(given or "ask", "risk", RISKS),
    "timeout_seconds": lambda given: checks.number(30 if given is None else given, "timeout of an endpoint", _TIMEOUT),
}


def _known_job(work: Work, store_id: str, job_id: str) -> str:
    id_ = checks.known_id(job_id, "job")
    if work.session.exec(select(Job.id).where(Job.store_id == store_id, Job.id == id_)).first() is None:
        raise checks.unknown("job", job_id)
    return id_


def _require_free(work: Work, job_id: str, name: str) -> None:
    query = select(Endpoint.id).where(Endpoint.job_id == job_id, Endpoint.name == name)
    if work.session.exec(query).first() is not None:
        raise Conflict(f"The job has an endpoint {name!r} already: choose another name")
