import re
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Processor


def words(shown: str) -> str:
    found = re.search(r"^retry text +(.*)$", shown, re.MULTILINE)
    assert found is not None
    return found[1]


def test_a_task_shows_its_retries_in_words_and_programs_get_the_numbers(processor: Processor, task_id: str) -> None:
    shown = processor("tasks", "get", task_id).out
    assert words(shown) == "up to 3 retries: 60 s, doubling, at most 1 h, with jitter"
    assert "retry multiplier" not in shown
    printed = processor("tasks", "get", task_id, "--json").json
    assert (printed["retry_multiplier"], printed["retry_cap_seconds"]) == (2.0, 3_600)


def test_an_update_changes_the_retries_that_it_names(processor: Processor, task_id: str) -> None:
    shown = processor("tasks", "update", task_id, "--retry-multiplier", "1", "--no-retry-jitter").out
    assert words(shown) == "up to 3 retries: 60 s"
    shown = processor("tasks", "update", task_id, "--retry-jitter", "--retry-on", "stuck").out
    assert words(shown) == "up to 3 retries: 60 s, with jitter, only after stuck"
    assert words(processor("tasks", "update", task_id, "--max-retries", "0").out) == "none"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--max-retries", "11", "use 0 to 10"),
        ("--max-retries", "-1", "use 0 to 10"),
        ("--retry-delay", "3601", "use 0 to 3600"),
        ("--retry-multiplier", "nan", "'nan' is out of range: use 1"),
        ("--retry-multiplier", "inf", "'inf' is out of range: use 1"),
        ("--retry-multiplier", "0.5", "use 1 (the same delay each time) to 10"),
        ("--retry-multiplier", "-2", "use 1"),
        ("--retry-cap", "-1", "use 0 to 86400"),
        ("--retry-cap", "86401", "use 0 to 86400"),
        ("--retry-on", "bad_luck", "'bad_luck' is not known: use some of task_failed, internal"),
        ("--retry-on", "timed_out", "No retry helps after timed_out, because this limit holds for all starts of a run"),
        ("--retry-on", "crash_loop", "No retry helps after crash_loop, because a run whose worker goes silent"),
        ("--retry-on", "refusal", "No retry helps after refusal, because the same request would be refused again"),
    ],
)
def test_retries_that_cannot_be_are_refused_in_one_line_and_change_nothing(
    processor: Processor, task_id: str, option: str, value: str, said: str
) -> None:
    before = processor("tasks", "get", task_id, "--json").json
    outcome = processor("tasks", "update", task_id, option, value)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert said in outcome.err
    assert processor("tasks", "get", task_id, "--json").json == before


def test_the_configuration_says_what_new_tasks_get_and_what_tasks_become(
    processor: Processor, task_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = tmp_path / "retries.yaml"
    configured.write_text("retries:\n  agent:\n    max_retries: 7\n  sequential:\n    max_retries: 1\n")
    monkeypatch.setenv("PROCESSOR_CONFIG", str(configured))
    made = processor("tasks", "create", "--name", "A", "--prompt", "B", "--every", "4h", "--json").json
    assert made["max_retries"] == 7
    assert processor("tasks", "get", task_id, "--json").json["max_retries"] == 3
    job_id = processor("jobs", "create", "--name", "Daily", "--json").json["id"]
    switch = ["tasks", "update", made["id"], "--schedule-type", "sequential", "--job-id", job_id, "--json"]
    assert processor(*switch).json["retry_text"] == "1 retry: 60 s"
