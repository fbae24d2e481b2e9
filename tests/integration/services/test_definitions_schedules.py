"""What a file says of schedules, and of what hangs on them, is what the database has afterwards."""

import pytest

from processor.agent.toolbox import TOOLS
from processor.services import tasks
from processor.services.definitions import document, importing
from processor.services.definitions.importing import Change
from processor.storage.database import Database
from tests.world import DEFAULT_STORE, World

STORE = "version: 1\nstores:\n  - name: default\n"
ADAPTIVE = "{type: adaptive, every: 1h, min_interval: 15m, max_interval: 2d}"


def imported(database: Database, text: str) -> list[Change]:
    with database.writing() as work:
        return importing.apply(work, document.read(text, "tasks.yaml"), TOOLS.keys())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ADAPTIVE, ADAPTIVE.replace("15m", "30m")),
        (ADAPTIVE, ADAPTIVE.replace("2d", "3d")),
        (ADAPTIVE, ADAPTIVE.replace("}", ", fallback: recent}")),
        (ADAPTIVE, ADAPTIVE.replace("every: 1h", "cron: 0 9 * * *")),
        (ADAPTIVE, "{every: 1h}"),
        ("{every: 1h}", ADAPTIVE),
        ("{every: 1h}", "{every: 1h, start: '2026-01-01T00:00:00Z'}"),
        ("{watch: inbox/}", "{watch: inbox/, settle_seconds: 5}"),
        ("{at: '2099-01-01T00:00:00Z'}", "{at: '2001-01-01T00:00:00Z'}"),
    ],
)
def test_each_part_of_a_schedule_is_changed_by_the_file_once(world: World, before: str, after: str) -> None:
    for schedule, action in ((before, "created"), (after, "changed"), (after, "unchanged")):
        file = f"{STORE}    tasks: [{{name: T, prompt: P, schedule: {schedule}}}]\n"
        assert [each.action for each in imported(world.database, file) if each.noun == "task"] == [action]
    assert world.broken() == []


def test_retries_are_those_of_the_file_also_where_another_type_has_others(world: World) -> None:
    job = "    jobs: [{name: J, tasks: [{name: T, prompt: P, schedule: %s, max_retries: %d, retry_multiplier: 2.0}]}]\n"
    for schedule, retries, multiplier in (("{every: 1h}", 3, 2.0), ("sequential", 3, 2.0), ("{every: 1h}", 0, 2.0)):
        file = STORE + job % (schedule, retries)
        imported(world.database, file)
        with world.database.reading() as work:
            (task,) = tasks.list(work, DEFAULT_STORE)
        assert (task.max_retries, task.retry_multiplier) == (retries, multiplier)
        assert {change.action for change in imported(world.database, file)} == {"unchanged"}
