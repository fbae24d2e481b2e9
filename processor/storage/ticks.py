"""The rows that ticks leave, and what stops them all."""

from dataclasses import dataclass

from processor.storage.work import Work


@dataclass(frozen=True, slots=True)
class TickEnd:
    """How a tick ended, and what it used."""

    exit_code: int
    error: str | None
    counts: str
    duration_ms: int
    cpu_ms: int
    memory_bytes: int


def begin(work: Work, tick_id: str, host: str, pid: int) -> None:
    """The tick begins; this also shows that the database can be written."""
    work.run("ticks.begin", id=tick_id, host=host, pid=pid, now=work.now)
    work.run("ticks.beat", now=work.now)


def finish(work: Work, tick_id: str, end: TickEnd) -> None:
    """The tick ends; by its beat a clock that is set back later is noticed, whatever this tick wrote at its time."""
    work.later("ticks.beat", now=work.now)
    work.run(
        "ticks.finish",
        id=tick_id,
        now=work.now,
        exit_code=end.exit_code,
        error=end.error,
        counts=end.counts,
        duration_ms=end.duration_ms,
        cpu_ms=end.cpu_ms,
        memory_bytes=end.memory_bytes,
    )


def stop_reason(work: Work) -> str | None:
    """Why nothing may start, if somebody has stopped everything."""
    row = work.first("ticks.stopped")
    return None if row is None else str(row.reason)
