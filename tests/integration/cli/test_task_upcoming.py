"""`processor tasks upcoming`, for one task and for all."""

import re

import pytest

from tests.conftest import ClockFile
from tests.integration.cli.conftest import Processor

PROMPT = ["--prompt", "Summarise the board"]
BERLIN = ["--cron", "0 9 * * *", "--timezone", "Europe/Berlin"]


def create(processor: Processor, name: str, *options: str) -> str:
    return str(processor("tasks", "create", "--name", name, *PROMPT, *options, "--json").json["id"])


def test_the_local_time_stays_and_the_instant_moves_when_the_clocks_change(
    processor: Processor, clock: ClockFile
) -> None:
    clock.set(1_774_681_200)  # 2026-03-28 07:00 UTC, the day before summer time begins
    task_id = create(processor, "Standup", *BERLIN)
    first, second = processor("tasks", "upcoming", task_id, "-n", "2", "--json").json
    assert first == {
        "scheduled_time": "2026-03-28T08:00:00Z",
        "local_time": "2026-03-28T09:00:00+01:00",
        "timezone": "Europe/Berlin",
        "in_seconds": 3600,
    }
    assert (second["scheduled_time"], second["local_time"]) == ("2026-03-29T07:00:00Z", "2026-03-29T09:00:00+02:00")
    shown = processor("tasks", "upcoming", task_id, "-n", "2").out.splitlines()
    assert [re.split(r" {2,}", line) for line in shown] == [
        ["WILL RUN AT", "LOCAL TIME", "IN"],
        ["2026-03-28T08:00:00Z", "Sat 2026-03-28 09:00 +01:00 Europe/Berlin", "in 1 h"],
        ["2026-03-29T07:00:00Z", "Sun 2026-03-29 09:00 +02:00 Europe/Berlin", "in 1 d"],
    ]


def test_without_a_task_all_tasks_and_jobs_are_listed_in_the_order_of_time(
    processor: Processor, clock: ClockFile
) -> None:
    create(processor, "Hourly", "--every", "1h")
    create(processor, "By hand", "--schedule-type", "manual")
    processor("jobs", "create", "--name", "Nightly", "--every", "90m")
    rows = processor("tasks", "upcoming", "--until", "3h", "--json").json
    assert [(row["kind"], row["name"], row["in_seconds"] // 60) for row in rows] == [
        ("task", "Hourly", 60),
        ("job", "Nightly", 90),
        ("task", "Hourly", 120),
        *[("task", "Hourly", 180), ("job", "Nightly", 180)],
    ]
    assert processor("tasks", "upcoming", "--all", "-n", "2", "--json").json == rows[:2]
    _, hourly, nightly = processor("tasks", "upcoming", "-n", "2").out.splitlines()
    assert re.split(r" {2,}", hourly)[2:] == ["in 1 h", "Hourly"]
    assert re.split(r" {2,}", nightly)[2:] == ["in 1 h 30 min", "job 'Nightly'"]


def test_as_many_are_listed_as_one_reads(processor: Processor, clock: ClockFile) -> None:
    task_id = create(processor, "Minutely", "--every", "1m")
    assert len(processor("tasks", "upcoming", task_id, "--json").json) == 5
    assert len(processor("tasks", "upcoming", "--json").json) == 20
    assert len(processor("tasks", "upcoming", "--until", "2h", "--json").json) == 120


def test_times_that_are_left_out_are_mentioned(processor: Processor, clock: ClockFile) -> None:
    create(processor, "Minutely", "--every", "1m")
    assert "These are the next 20: -n gives another number" in processor("tasks", "upcoming").err
    assert processor("tasks", "upcoming", "-n", "3").err == ""
    assert processor("tasks", "upcoming", "--until", "5m").err == ""


@pytest.mark.parametrize("options", [[], ["--until", "2h"]])
def test_where_nothing_is_to_come_the_list_is_empty(processor: Processor, options: list[str]) -> None:
    create(processor, "By hand", "--schedule-type", "manual")
    assert processor("tasks", "upcoming", *options, "--json").json == []
    assert "No time to come" in processor("tasks", "upcoming", *options).err


def test_a_pause_is_told_beside_the_slots_after_it(processor: Processor, task_id: str) -> None:
    processor("tasks", "pause", task_id, "--until", "2100-01-01T00:00:00Z")
    shown = processor("tasks", "upcoming", task_id)
    assert "2100-01-01T0" in shown.out
    assert "paused until 2100-01-01T00:00:00Z" in shown.err


def test_an_end_before_the_next_slot_is_no_reason_to_call_the_task_over(processor: Processor, task_id: str) -> None:
    assert "No time to come until 5m: leave out --until" in processor("tasks", "upcoming", task_id, "--until", "5m").err


def test_one_task_and_all_do_not_go_together(processor: Processor, task_id: str) -> None:
    outcome = processor("tasks", "upcoming", task_id, "--all")
    assert (outcome.code, "leave it out" in outcome.err) == (1, True)
