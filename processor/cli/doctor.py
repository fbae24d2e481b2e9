"""`processor doctor`: is this installation as it must be, and if not, what to do."""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from processor import __version__
from processor.cli.guard import leave
from processor.cli.options import AsJson, alone, verb
from processor.cli.render import show_json, show_line, show_whole
from processor.clock import MAX_SKEW_SECONDS, host_clock
from processor.errors import ProcessorError
from processor.lazy import load
from processor.settings import Settings, load_settings
from processor.settings_names import unknown_variables
from processor.storage.database import Database
from processor.storage.migrate import require_current
from processor.storage.sqlite_library import FIRST_FIXED_VERSION, sqlite
from processor.storage.url import masked, sqlite_path
from processor.tick.checks import CREDENTIALS

app = alone()

COLUMNS = {"verdict": "", "name": "CHECK", "said": "RESULT"}
SETTING_COLUMNS = {"name": "SETTING", "value": "VALUE", "source": "FROM"}
KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")

Verdict = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    name: str
    verdict: Verdict
    said: str


@verb(app, "doctor", "processor doctor", "processor doctor --json")
def doctor(json: AsJson = False) -> None:
    """Check this installation: versions, settings, database, credential, clock. Exit 1 if something is wrong."""
    settings, findings = None, [*_versions()]
    try:
        settings = load_settings()
    except ProcessorError as error:
        findings.append(Finding("settings", "wrong", str(error)))
    if settings is not None:
        findings += [Finding("settings", "ok", "understood"), *_database(settings), _credential(settings)]
    findings += [_environment(), *_render(settings)]
    rows = [] if settings is None else [_setting(*each) for each in settings.effective()]
    healthy = all(finding.verdict != "wrong" for finding in findings)
    if json:
        show_json({"healthy": healthy, "checks": [asdict(each) for each in findings], "settings": rows})
    else:
        _show(findings, rows)
    if not healthy:
        leave(1)


def _setting(name: str, value: str, source: str) -> dict[str, str]:
    return {"name": name, "value": value, "source": source}


def _show(findings: list[Finding], rows: list[dict[str, str]]) -> None:
    show_whole([asdict(each) for each in findings], COLUMNS)
    if rows:
        show_line("")
        show_whole(rows, SETTING_COLUMNS)


def _versions() -> Iterator[Finding]:
    yield Finding("processor", "ok", __version__)
    yield Finding("python", "ok", f"{platform.python_version()} ({sys.executable})")
    found = sqlite.sqlite_version
    if tuple(int(part) for part in found.split(".")) >= FIRST_FIXED_VERSION:
        yield Finding("SQLite library", "ok", found)
    else:
        fixed = ".".join(map(str, FIRST_FIXED_VERSION))
        advice = f"before {fixed} overlapping ticks can corrupt a database; use Postgres, or a Python with a newer one"
        yield Finding("SQLite library", "warning", f"{found}: {advice}")


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        with closing(Database(settings.database_url)) as database:
            if os.path.isdir(sqlite_path(database.url) or ""):
                said = f"{database.url} is a folder: name a file in it in PROCESSOR_DATABASE_URL"
                yield Finding("database", "wrong", said)
                return
            yield Finding("database", "ok", masked(database.url))
            yield _checked("schema", lambda: require_current(database), "up to date")
            yield _writable(database)
            yield _clock(database)
    except ProcessorError as error:
        yield Finding("database", "wrong", str(error))


def _writable(database: Database) -> Finding:
    path = sqlite_path(database.url)
    if path is not None and not os.path.exists(path):
        return Finding("writable", "warning", "not known before there is a database")

    def write() -> None:
        with database.writing() as work:
            work.run("doctor.touch_nothing", now=work.now)

    return _checked("writable", write, "yes")


def _clock(database: Database) -> Finding:
    if database.dialect == "sqlite":
        return Finding("clock", "ok", "this host's")
    try:
        skew = abs(database.clock.now() - host_clock().now())
    except ProcessorError as error:
        return Finding("clock", "wrong", str(error))
    said = f"{skew} s between this host and the database"
    return Finding("clock", "ok" if skew <= MAX_SKEW_SECONDS else "wrong", said)


def _checked(name: str, check: Callable[[], object], fine: str) -> Finding:
    try:
        check()
    except ProcessorError as error:
        return Finding(name, "wrong", str(error))
    return Finding(name, "ok", fine)


def _credential(settings: Settings) -> Finding:
    """A key in the environment is enough; without one the anthropic package, slow to import, looks elsewhere."""
    if settings.model not in CREDENTIALS:
        return Finding("credential", "ok", f"none needed: the model is {settings.model}, no LLM is called")
    found = next((name for name in KEYS if os.environ.get(name)), None)
    problem = None if found is not None else load(CREDENTIALS[settings.model])()
    if problem is not None:
        return Finding("credential", "wrong", problem)
    return Finding("credential", "ok", f"{found} is set" if found else "found by the anthropic package")


def _environment() -> Finding:
    strange = unknown_variables(os.environ)
    return Finding("environment", "ok" if strange is None else "warning", strange or "every PROCESSOR_… is known")


def _render(settings: Settings | None) -> Iterator[Finding]:
    """What is true of cron jobs on Render: no disk, and a clock that nobody may replace."""
    if not os.environ.get("RENDER"):
        return
    if settings is not None and not settings.database_url.startswith("sqlite:"):
        yield Finding("Render", "ok", "the database is Postgres, as cron jobs without a disk need")
    if Path("render.yaml").exists():
        yield Finding("Render blueprint", "ok", "render.yaml is here")
