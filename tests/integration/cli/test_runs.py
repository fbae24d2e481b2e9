import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Processor


def test_running_a_task_makes_its_card_and_shows_the_run(processor: Processor, task_id: str) -> None:
    run = processor("tasks", "run", task_id, "--json").json
    assert (run["state"], run["trigger"], run["scheduled_time"]) == ("succeeded", "manual", None)
    cards = processor("cards", "list", "--json").json
    assert [(card["title"], card["created_by_run_id"]) for card in cards] == [("Test Task", run["id"])]
    assert run["created_card_ids"] == [cards[0]["id"]]


def test_a_queued_run_waits_for_the_next_tick(processor: Processor, task_id: str) -> None:
    run = processor("tasks", "run", task_id, "--queue", "--json").json
    assert run["state"] == "queued"
    assert processor("cards", "list", "--json").json == []
    tick = processor("process", "--json").json
    assert [(each["id"], each["state"]) for each in tick["runs"]] == [(run["id"], "succeeded")]


def test_a_task_with_an_open_run_is_not_run_again(processor: Processor, task_id: str) -> None:
    run = processor("tasks", "run", task_id, "--queue", "--json").json
    for options in ([], ["--queue"], ["--dry-run"]):
        outcome = processor("tasks", "run", task_id, "--json", *options)
        assert outcome.code == 1
        assert json.loads(outcome.out)["live_run_id"] == run["id"]
        assert run["id"] in outcome.err
    assert len(processor("runs", "list", "--json").json) == 1


def test_a_dry_run_runs_nothing(processor: Processor, task_id: str) -> None:
    planned = processor("tasks", "run", task_id, "--dry-run", "--json").json
    assert (planned["id"], planned["task_id"], planned["state"]) == (None, task_id, "queued")
    assert (planned["reason"], planned["expected_cost_usd"]) == ("asked for by hand", None)
    assert processor("runs", "list", "--json").json == []


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_under_the_emergency_stop_nothing_is_run_by_hand(
    processor: Processor, task_id: str, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCESSOR_STOP", "1")
    outcome = processor("tasks", "run", task_id, *options)
    assert (outcome.code, outcome.out) == (1, "")
    assert "stopped" in outcome.err
    assert processor("runs", "list", "--json").json == []


def test_without_a_key_nothing_is_written(processor: Processor, task_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSOR_MODEL", "anthropic")
    outcome = processor("tasks", "run", task_id)
    assert (outcome.code, outcome.out) == (78, "")
    assert "ANTHROPIC_API_KEY" in outcome.err
    assert processor("runs", "list", "--json").json == []


def test_a_run_is_found_with_its_log_and_transcript(processor: Processor, task_id: str) -> None:
    run = processor("tasks", "run", task_id, "--json").json
    shown = processor("runs", "get", run["id"], "--json").json
    assert {key: shown[key] for key in run} == run
    assert [(each["attempt"], each["error_class"]) for each in shown["attempts"]] == [(1, None)]
    assert "succeeded" in processor("runs", "get", run["id"]).out
    events = [line["event"] for line in processor("runs", "logs", run["id"], "--json").json]
    assert events[0] == "run.started"
    assert events[-1] == "run.succeeded"
    assert "run.started" in processor("runs", "logs", run["id"]).out
    said = processor("runs", "transcript", run["id"], "--json").json
    assert said["attempts"][0]["turns"][0]["tool_calls"][0]["name"] == "create_card"
    shown = processor("runs", "transcript", run["id"]).out
    assert 'create_card({"title": "Test Task"}) succeeded' in shown


def test_a_run_that_has_not_started_says_so(processor: Processor, task_id: str) -> None:
    run = processor("tasks", "run", task_id, "--queue", "--json").json
    assert "nothing was said" in processor("runs", "transcript", run["id"]).out
    assert "nothing yet" in processor("runs", "logs", run["id"]).err


def test_runs_are_listed_newest_first_and_can_be_narrowed(processor: Processor, task_id: str) -> None:
    assert "No runs yet" in processor("runs", "list").err
    first = processor("tasks", "run", task_id, "--json").json
    second = processor("tasks", "run", task_id, "--queue", "--json").json
    assert {run["id"] for run in processor("runs", "list", "--json").json} == {first["id"], second["id"]}
    assert [run["id"] for run in processor("runs", "list", "--state", "queued", "--json").json] == [second["id"]]
    assert len(processor("runs", "list", "--task", task_id, "--limit", "1", "--json").json) == 1
    assert "Test Task" in processor("runs", "list").out
    refused = processor("runs", "list", "--state", "done")
    assert (refused.code, "queued, running" in refused.err) == (1, True)


def test_a_stranger_sees_no_run_of_mine(processor: Processor, task_id: str) -> None:
    run = processor("tasks", "run", task_id, "--json").json
    processor("stores", "create", "--name", "stranger")
    assert processor("runs", "list", "--store", "stranger", "--json").json == []
    for verb in ("get", "logs", "transcript"):
        assert processor("runs", verb, run["id"], "--store", "stranger").code == 1


def test_a_run_that_waits_says_for_what(
    processor: Processor, task_id: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "script.json"
    script.write_text('[{"error": "ModelUnavailable", "message": "the provider sleeps"}]')
    monkeypatch.setenv("PROCESSOR_MODEL", "scripted")
    monkeypatch.setenv("PROCESSOR_SCRIPT", str(script))
    outcome = processor("tasks", "run", task_id)
    assert outcome.code == 0
    assert "waiting" in outcome.out
    assert "The run waits (provider)" in outcome.err


def test_a_task_that_watches_has_no_time_to_come(processor: Processor) -> None:
    options = ["--name", "Inbox", "--prompt", "Summarise", "--watch", "inbox/"]
    processor("tasks", "create", *options)
    assert "It runs when a watched file changes" in processor("tasks", "upcoming", "Inbox").err
