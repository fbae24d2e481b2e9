"""What the entries of a file mean: complete definitions in the form in which `nouns` gives those of the database."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from processor.errors import Conflict, InvalidInput, NotFound
from processor.rules.instants import iso
from processor.rules.schedules import parse_interval
from processor.rules.schedules.adaptive import Fallback
from processor.rules.schedules.file_watch import DEFAULT_SETTLE_SECONDS
from processor.services import checks
from processor.services.definitions import nouns
from processor.services.definitions.document import Entries
from processor.services.definitions.nouns import Definition
from processor.services.instants import parse_instant

_WORDS = ("manual", "sequential")
_ADAPTIVE = ("type", "min_interval", "max_interval", "fallback")
_BESIDE = {"every": {"start"}, "cron": {"timezone"}, "at": set[str](), "watch": {"settle_seconds"}}


@contextmanager
def placed(entry: Entries, key: str | None = None) -> Iterator[None]:
    """What is refused within is refused with the file and line of the entry."""
    try:
        yield
    except (InvalidInput, NotFound, Conflict) as error:
        if str(error).startswith(f"{entry.source.name}, line "):
            raise
        raise entry.refuse(str(error), key) from None


def task(entry: Entries) -> Definition:
    """The whole definition of a task."""
    entry.require_known("task", nouns.TASK_KEYS)
    entry.required("task", "prompt")
    schedule = _schedule(entry, "task", words=_WORDS)
    kind = entry.get("kind") or "agent"
    with placed(entry, "kind"):
        kind = checks.choice(kind, "kind of task", ("agent", "endpoints", "claude_code"))
    return _completed(entry, nouns.task_defaults(kind, nouns.type_of(schedule))) | {"schedule": schedule}


def job(entry: Entries) -> Definition:
    """The whole definition of a job, without its tasks and endpoints."""
    entry.require_known("job", nouns.JOB_KEYS)
    schedule = _schedule(entry, "job", words=("manual",)) if "schedule" in entry else "manual"
    return _completed(entry, nouns.JOB_DEFAULTS) | {"schedule": schedule}


def endpoint(entry: Entries) -> Definition:
    """The whole definition of an endpoint."""
    entry.require_known("endpoint", nouns.ENDPOINT_KEYS)
    for key in ("method", "url"):
        entry.required("endpoint", key)
    return _completed(entry, nouns.ENDPOINT_DEFAULTS)


def project(entry: Entries) -> Definition:
    """The whole definition of a project."""
    entry.require_known("project", nouns.PROJECT_KEYS)
    return _completed(entry, nouns.PROJECT_DEFAULTS)


def store(entry: Entries) -> Definition:
    """The whole definition of a store, without what is in it."""
    entry.require_known("store", nouns.STORE_KEYS)
    return _completed(entry, nouns.STORE_DEFAULTS)


def named(entries: list[Entries], kind: str) -> dict[str, Entries]:
    """The entries of a list by name; raises InvalidInput for one that is there twice, or has none."""
    found: dict[str, Entries] = {}
    for entry in entries:
        name = entry.required(kind, "name")
        with placed(entry, "name"):
            name = checks.one_line(name, f"name of this {kind}", 200)
        if name in found:
            other = found[name].lines["name"]
            raise entry.refuse(f"a {kind} called {name!r} is in line {other} already: rename one of them", "name")
        found[name] = entry
    return found


def _completed(entry: Entries, defaults: Mapping[str, Any]) -> Definition:
    return {"name": _one_line(entry["name"])} | {key: _value(entry, key, value) for key, value in defaults.items()}


def _value(entry: Entries, key: str, default: Any) -> Any:
    given = entry.get(key)
    if given is None:
        # A model whose price is not known has no budget, and says so.
        return None if key == "budget_usd" and key in entry else default
    with placed(entry, key):
        return _FORMS.get(key, _as_it_is)(given)


def _as_it_is(given: Any) -> Any:
    return given


def _one_line(given: object) -> str:
    return checks.one_line(given, "name", 200)


def _sorted(given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise InvalidInput("this must be a list of names: correct it")
    return sorted(set(given))


_FORMS: dict[str, Callable[[Any], Any]] = {
    "project": _one_line,
    "prompt": lambda given: checks.filled(given, "prompt", 100_000),
    "url": lambda given: checks.one_line(given, "URL", 4_000),
    "budget_usd": lambda given: checks.usd(checks.nanousd(given, "budget of a run")),
    "tools": _sorted,
    "retry_on": _sorted,
    "headers": lambda given: dict(given) if isinstance(given, dict) else given,
}
"""How what people write reads when it comes back."""


_HOW = "{every: 4h}, {cron: '0 9 * * 1-5', timezone: Europe/Berlin}, {at: '2026-12-24T18:00:00Z'}"
_HOW_OF_TASKS = ", {watch: inbox/}, {type: adaptive, every: 1h, min_interval: 15m, max_interval: 1d}"


def _schedule(entry: Entries, thing: str, words: tuple[str, ...]) -> Any:
    given = entry.get("schedule")
    how = f"write {' or '.join(words)}, or like {_HOW}{_HOW_OF_TASKS if thing == 'task' else ''}"
    if given is None:
        raise entry.refuse(f"this {thing} has no schedule: {how}")
    if isinstance(given, str) and given in words:
        return given
    possible = [way for way in nouns.TYPE_OF_WAY if thing == "task" or way != "watch"]
    ways = [way for way in possible if isinstance(given, Entries) and given.get(way) is not None]
    if not isinstance(given, Entries) or len(ways) != 1:
        raise entry.refuse(f"this schedule cannot be read: {how}", "schedule")
    is_adaptive = thing == "task" and "type" in given
    beside = {*_BESIDE[ways[0]] - {"start"}, *_ADAPTIVE} if is_adaptive else _BESIDE[ways[0]]
    given.require_known("schedule", (ways[0], *beside))
    with placed(given):
        return _adaptive(given, ways[0]) if is_adaptive else _in_form(given, ways[0])


def _adaptive(given: Entries, way: str) -> Definition:
    if given["type"] != "adaptive" or way not in {"every", "cron"}:
        raise InvalidInput("only an adaptive schedule has a type, beside every or cron: correct or leave out the type")
    bounds = {name: _bound(given, name) for name in ("min_interval", "max_interval")}
    fallback = given.get("fallback")
    return {"type": "adaptive"} | _in_form(given, way) | bounds | {"fallback": fallback or Fallback.BASELINE.value}


def _bound(given: Entries, name: str) -> str:
    if given.get(name) is None:
        raise given.refuse(f"an adaptive schedule needs a {name!r}: write one like 15m, 4h or 2d")
    with placed(given, name):
        return nouns.in_short(parse_interval(str(given[name])))


def _in_form(given: Entries, way: str) -> Definition:
    if way == "every":
        start = given.get("start")
        every = {"every": nouns.in_short(parse_interval(str(given["every"])))}
        return every if start is None else every | {"start": iso(parse_instant(start, "start"))}
    if way == "at":
        return {"at": iso(parse_instant(given["at"], "at"))}
    if way == "watch":
        settle = given.get("settle_seconds")
        return {"watch": given["watch"], "settle_seconds": DEFAULT_SETTLE_SECONDS if settle is None else settle}
    zone = given.get("timezone")
    return {"cron": checks.filled(given["cron"], "cron expression", 1_000), "timezone": "UTC" if zone is None else zone}
