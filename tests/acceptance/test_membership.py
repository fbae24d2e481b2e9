"""Programs that change the same job at once."""

import json

from processor.storage.database import Database
from tests.conftest import ClockFile, RunProgram, StartProgram

TASK = ("--prompt", "Summarise the board", "--schedule-type", "sequential", "--json")


def test_two_processes_that_append_to_one_job_get_different_places(
    database: Database, clock: ClockFile, run_program: RunProgram, start_program: StartProgram
) -> None:
    job_id = json.loads(run_program("processor", "jobs", "create", "--name", "Daily", "--json").stdout)["id"]
    both = [start_program("processor", "tasks", "create", "--name", n, "--job-id", job_id, *TASK) for n in ("A", "B")]

    made = [json.loads(each.communicate()[0]) for each in both]

    assert sorted(task["position"] for task in made) == [1, 2]
    listed = json.loads(run_program("processor", "tasks", "list", "--job-id", job_id, "--json").stdout)
    assert [task["step"] for task in listed] == ["1/2", "2/2"]
