import re
from io import StringIO

import pytest

from tests.integration.cli.conftest import Processor

PROMPT = ["--name", "Tidy", "--prompt", "Summarise the board"]


def test_no_tasks_say_what_to_do_next(processor: Processor) -> None:
    outcome = processor("tasks", "list")
    assert (outcome.code, outcome.out) == (0, "")
    assert "processor tasks create" in outcome.err


def test_every_option_of_a_task_arrives(processor: Processor) -> None:
    options = [
        *("--description", "For the team", "--cron", "0 9 * * 1-5", "--timezone", "Europe/Berlin"),
        *("--max-retries", "1", "--retry-delay", "5", "--retry-multiplier", "1.5", "--retry-cap", "90"),
        *("--no-retry-jitter", "--retry-on", "stuck", "--retry-on", "internal"),
        *("--misfire", "latest", "--overlap", "queue", "--priority", "1"),
        *("--model", "strong", "--budget-usd", "0.5"),
        *("--max-turns", "3", "--timeout", "60", "--tool", "list_cards", "--tool", "create_card", "--disabled"),
    ]
    made = processor("tasks", "create", *PROMPT, *options, "--json").json
    expected = {
        "description": "For the team",
        "schedule": {"type": "calendar", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"},
        "max_retries": 1,
        "retry_delay_seconds": 5,
        "retry_multiplier": 1.5,
        "retry_cap_seconds": 90,
        "retry_jitter": False,
        "retry_on": ["internal", "stuck"],
        "misfire": "latest",
        "overlap": "queue",
        "priority": 1,
        "model": "strong",
        "budget_usd": 0.5,
        "max_turns": 3,
        "timeout_seconds": 60,
        "tools": ["create_card", "list_cards"],
        "enabled": False,
        "next_run_at": None,
    }
    assert {name: made[name] for name in expected} == expected


def test_a_prompt_is_read_from_standard_input(processor: Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("Summarise\nthe board"))
    made = processor("tasks", "create", "--name", "Tidy", "--prompt", "-", "--every", "4h", "--json").json
    assert made["prompt"] == "Summarise\nthe board"
    monkeypatch.setattr("sys.stdin", StringIO("Move\nthe cards"))
    assert processor("tasks", "update", made["id"], "--prompt", "-", "--json").json["prompt"] == "Move\nthe cards"


def test_a_task_without_a_cost_budget_says_so(processor: Processor) -> None:
    outcome = processor("tasks", "create", *PROMPT, "--every", "4h", "--model", "house-model-1")
    assert re.search(r"^budget usd +none$", outcome.out, re.MULTILINE)
    assert outcome.err == "The price of model house-model-1 is not known here, so its runs have no cost budget.\n"
    assert processor("tasks", "create", *PROMPT, "--every", "4h").err == ""


def test_a_task_shows_its_schedule_in_words(processor: Processor, task_id: str) -> None:
    shown = processor("tasks", "get", task_id).out
    assert "Every 4 hours" in shown
    assert "Every 4 hours" in processor("tasks", "list").out
    assert processor("tasks", "get", task_id, "--json").json["schedule_text"] == "Every 4 hours"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cron", "0 9 * * *", "--timezone", "Mars/Base"], "Unknown time zone 'Mars/Base'"),
        (["--cron", "0 0 30 2 *"], "never runs"),
        (["--every", "10s"], "under a minute"),
        (["--every", "4h", "--tool", "rm_rf"], "Unknown tool rm_rf"),
        (["--every", "4h", "--cron", "0 9 * * *"], "only one of"),
        ([], "--every 4h"),
        (["--schedule-type", "sequential"], "Sequential schedule requires --job-id to be set"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(
    processor: Processor, options: list[str], said: str
) -> None:
    outcome = processor("tasks", "create", *PROMPT, *options)
    assert (outcome.code, outcome.out) == (1, "")
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert processor("tasks", "list", "--json").json == []


def test_an_update_changes_only_what_is_given(processor: Processor, task_id: str) -> None:
    before = processor("tasks", "get", task_id, "--json").json
    after = processor("tasks", "update", task_id, "--priority", "1", "--json").json
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"priority", "version", "updated_at"}
    assert after["priority"] == 1


def test_an_update_of_nothing_is_refused(processor: Processor, task_id: str) -> None:
    outcome = processor("tasks", "update", task_id)
    assert (outcome.code, "Nothing to change" in outcome.err) == (1, True)


def test_disabling_empties_the_next_time_and_enabling_brings_it_back(processor: Processor, task_id: str) -> None:
    disabled = processor("tasks", "disable", task_id, "--json").json
    assert (disabled["enabled"], disabled["next_run_at"]) == (False, None)
    assert "disabled" in processor("tasks", "list").out
    assert processor("tasks", "upcoming", task_id, "--json").json == []
    assert "No time to come" in processor("tasks", "upcoming", task_id).err
    enabled = processor("tasks", "enable", task_id, "--json").json
    assert enabled["enabled"] is True
    assert enabled["next_run_at"] is not None


def test_a_pause_ends_by_itself_or_by_enabling(processor: Processor, task_id: str) -> None:
    paused = processor("tasks", "pause", task_id, "--until", "2100-01-01T00:00:00Z", "--json").json
    assert paused["paused_until"] == "2100-01-01T00:00:00Z"
    assert re.search(r"paused .* 2100-01-01T00:00:00Z", processor("tasks", "list").out)
    assert processor("tasks", "enable", task_id, "--json").json["paused_until"] is None


def test_upcoming_times_are_the_schedule_to_come(processor: Processor) -> None:
    options = ["--every", "1h", "--start", "2100-01-01T00:00:00Z"]
    made = processor("tasks", "create", *PROMPT, *options, "--json").json
    slots = processor("tasks", "upcoming", made["id"], "-n", "3", "--json").json
    assert [slot["scheduled_time"] for slot in slots] == [f"2100-01-01T0{hour}:00:00Z" for hour in range(3)]
    assert "2100-01-01T00:00:00Z" in processor("tasks", "upcoming", made["id"]).out


def test_deleting_a_task_asks_or_is_told(processor: Processor, task_id: str) -> None:
    assert processor("tasks", "delete", task_id).code == 1
    assert processor("tasks", "delete", task_id, "--dry-run", "--json").json == {"id": task_id, "deleted": False}
    assert processor("tasks", "delete", task_id, "--yes").out == "Deleted the task 'Standup' with its runs.\n"
    assert processor("tasks", "get", task_id).code == 1


def test_a_task_with_an_open_run_is_deleted_only_by_force(processor: Processor, task_id: str) -> None:
    processor("tasks", "run", task_id)
    assert processor("tasks", "delete", task_id, "--force").code == 0


def test_notes_are_left_for_the_next_run(processor: Processor, task_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There is no note" in processor("tasks", "notes", "get", task_id).err
    processor("tasks", "notes", "set", task_id, "--text", "Ada is away")
    assert processor("tasks", "notes", "get", task_id).out == "Ada is away\n"
    assert "Ada is away" in processor("tasks", "prompt", task_id).out
    monkeypatch.setattr("sys.stdin", StringIO("two\nlines\n"))
    processor("tasks", "notes", "set", task_id, "--text", "-")
    assert processor("tasks", "notes", "get", task_id, "--json").json == {"task_id": task_id, "note": "two\nlines\n"}


def test_the_prompt_is_what_a_run_would_send(processor: Processor, task_id: str) -> None:
    shown = processor("tasks", "prompt", task_id, "--json").json
    assert [tool["name"] for tool in shown["tools"]] == sorted(tool["name"] for tool in shown["tools"])
    assert "Create a task called 'Test Task'" in shown["messages"][0]["content"][0]["text"]
    assert processor("runs", "list", "--json").json == []


def test_a_stranger_can_do_nothing_with_my_task(processor: Processor, task_id: str) -> None:
    processor("stores", "create", "--name", "stranger")
    assert processor("tasks", "list", "--store", "stranger", "--json").json == []
    verbs = [
        *(["get"], ["enable"], ["disable"], ["run"], ["run", "--queue"], ["upcoming"], ["prompt"]),
        *(["delete", "--force"], ["update", "--name", "x"], ["pause", "--until", "2100-01-01"]),
    ]
    for verb, *options in verbs:
        outcome = processor("tasks", verb, task_id, *options, "--store", "stranger")
        assert (outcome.code, outcome.out) == (1, ""), verb
    assert processor("tasks", "notes", "set", task_id, "--text", "x", "--store", "stranger").code == 1
    assert processor("runs", "list", "--json").json == []
