"""What must hold before a tick claims anything."""

from processor.clock import MAX_SKEW_SECONDS, host_clock
from processor.errors import ConfigurationError, InfrastructureError
from processor.lazy import load
from processor.settings import Settings
from processor.storage import slots, ticks
from processor.storage.database import Database
from processor.storage.migrate import require_current
from processor.storage.work import Work

CREDENTIALS: dict[str, str] = {"anthropic": "processor.llm.credential:credential_problem"}
"""How a model says why no call can be made from here; models that call nobody need nothing."""


def require_usable(database: Database) -> None:
    """Raise unless the schema is current and the clocks agree."""
    database.read_clock_again()
    require_current(database)
    skew = abs(database.clock.now() - host_clock().now())
    if skew > MAX_SKEW_SECONDS:
        raise InfrastructureError(
            f"This host's clock and the database's differ by {skew} s: nothing is claimed until they agree"
        )


def missing_credential(database: Database, settings: Settings, store_id: str | None) -> ConfigurationError | None:
    """Why the tasks that need a model cannot run, if any is due; looked up only then, because it costs an import."""
    if settings.model not in CREDENTIALS:
        return None
    with database.reading() as work:
        if not slots.needs_model(work, store_id):
            return None
    return credential_problem(settings)


def credential_problem(settings: Settings) -> ConfigurationError | None:
    """Why no model call can be made from here."""
    if settings.model not in CREDENTIALS:
        return None
    problem: str | None = load(CREDENTIALS[settings.model])()
    return None if problem is None else ConfigurationError(problem)


def is_watching(work: Work, store_id: str | None) -> bool:
    """Tell whether files are to be looked at; only then is loaded what looks."""
    return work.first("watches.any", now=work.now, store_id=store_id) is not None


def stop_reason(work: Work, settings: Settings) -> str | None:
    """Why nothing may be executed: the switch, the file, or the stop that somebody put into the database."""
    if settings.stop_requested:
        return "PROCESSOR_STOP or the stop file says so"
    return ticks.stop_reason(work)
