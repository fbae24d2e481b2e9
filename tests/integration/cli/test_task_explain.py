from datetime import UTC, datetime

from tests.integration.cli.conftest import Processor


def test_a_task_is_explained_in_words(processor: Processor, task_id: str) -> None:
    processor("tasks", "run", task_id)

    outcome = processor("tasks", "explain", task_id)

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("'Standup' has this schedule: every 4 hours.\n")
    assert "\nRuns\n  Run " in outcome.out
    assert "(asked for by hand) was the last to end" in outcome.out
    assert "\nNext\n  It runs next at " in outcome.out


def test_programs_get_the_facts_beside_the_words(processor: Processor, task_id: str) -> None:
    processor("tasks", "pause", task_id, "--until", "2100-01-01T00:00:00Z")

    shown = processor("tasks", "explain", task_id, "--json").json

    assert (shown["task_id"], shown["enabled"], shown["paused_until"]) == (task_id, True, "2100-01-01T00:00:00Z")
    assert (shown["slots"], shown["open_runs"], shown["stopped"], shown["held_slot"]) == ([], [], None, None)
    topics = [sentence["topic"] for sentence in shown["sentences"]]
    assert (topics[0], topics[-1]) == ("schedule", "next")
    assert any("paused until 2100-01-01 00:00 UTC" in sentence["text"] for sentence in shown["sentences"])


def test_slots_are_shown_with_their_reason(processor: Processor) -> None:
    options = ["--every", "1h", "--start", datetime.now(UTC).isoformat(timespec="seconds")]
    made = processor(
        "tasks", "create", "--name", "Now", "--prompt", "Create a task called 'One'", *options, "--json"
    ).json
    processor("process")

    shown = processor("tasks", "explain", made["id"], "--json").json

    (slot,) = shown["slots"]
    (run,) = processor("runs", "list", "--json").json
    assert slot == {
        "scheduled_time": run["scheduled_time"],
        "until_time": None,
        "slot_count": 1,
        "disposition": "claimed",
        "run_id": run["id"],
        "run_state": "succeeded",
        "why": f"claimed: run {run['id']} is succeeded",
    }
    assert shown["last_tick_at"] is not None


def test_a_stranger_gets_no_explanation(processor: Processor, task_id: str) -> None:
    processor("stores", "create", "--name", "stranger")
    outcome = processor("tasks", "explain", task_id, "--store", "stranger")
    assert (outcome.code, outcome.out) == (1, "")
    assert "There is no task" in outcome.err
    assert processor("tasks", "explain", "nonsense").code == 1
