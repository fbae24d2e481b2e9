"""Jobs with a clock of their own, whose ticks leave claimed and missed slots; they have no tasks, and so no runs."""

from typing import Any

from processor.services import jobs
from tests.world import DEFAULT_STORE, World

JOBS_WITH_A_CLOCK = ("Hourly job", "Their job")


def make_jobs_with_a_clock(world: World, stranger_id: str) -> None:
    """Due now, and then every hour."""
    for name, store_id in zip(JOBS_WITH_A_CLOCK, (DEFAULT_STORE, stranger_id), strict=True):
        due: Any = {"name": name, "every": "1h", "start": world.clock.now}
        with world.database.writing() as work:
            jobs.create(work, store_id, due)
