from dataclasses import replace
from typing import Any

import pytest

from processor.reports.explain import Topic, explain
from processor.reports.explain_facts import (
    AttemptFacts,
    CircuitFacts,
    Facts,
    GovernedFacts,
    RunFacts,
    SlotFacts,
    TaskFacts,
)
from processor.rules.retry import CONSTANT, STANDARD
from processor.rules.schedules import Calendar, Interval, Manual, Once

NOW = 1_794_819_600  # 2026-11-16 09:00 UTC
HOUR = 3_600

GOVERNED = GovernedFacts("Adaptive: every hour, at most every 15 minutes", "Next at 10:00: the baseline's next time.")
TASK = TaskFacts(
    id="task",
    name="Standup",
    schedule=Interval(HOUR, NOW),
    schedule_type="interval",
    timezone=None,
    enabled=True,
    paused_until=None,
    held=False,
    held_slot=None,
    next_run_at=NOW + HOUR,
    retries=STANDARD,
    overlap="skip",
    misfire="skip",
    misfire_of_store=True,
    budget_nanousd=250_000_000,
    max_turns=15,
    timeout_seconds=300,
)
RUN = RunFacts(
    id="r1",
    trigger="schedule",
    job_run_id=None,
    rerun_of=None,
    scheduled_time=NOW,
    state="running",
    waiting_for=None,
    waiting_since=None,
    not_before=None,
    attempt=2,
    recoveries=0,
    turns=3,
    cost_nanousd=1_500_000,
    queued_at=NOW,
    started_at=NOW,
    finished_at=None,
    lease_expires_at=NOW + 120,
    cancel_requested_at=None,
    error_class=None,
    error=None,
)


def said(topic: Topic, task: dict[str, Any] | None = None, **facts: Any) -> list[str]:
    given = Facts(NOW, 600, replace(TASK, **task or {}), **{"ticked_at": NOW, **facts})
    return [sentence.text for sentence in explain(given) if sentence.topic is topic]


def run(**columns: Any) -> RunFacts:
    return replace(RUN, **columns)


def waiting(waiting_for: str, **columns: Any) -> RunFacts:
    return run(state="waiting", waiting_for=waiting_for, waiting_since=NOW - 60, lease_expires_at=None, **columns)


def slot(disposition: str, **columns: Any) -> SlotFacts:
    return replace(SlotFacts(NOW, None, 1, disposition, NOW + 1_200, None, None), **columns)


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ({}, "'Standup' has this schedule: every hour."),
        (
            {"schedule": Calendar("0 9 * * 1-5", "Europe/Berlin")},
            "'Standup' has this schedule: at 09:00 on weekdays, Europe/Berlin.",
        ),
        ({"schedule": Manual()}, "'Standup' has this schedule: manual."),
    ],
)
def test_the_schedule_comes_first(task: dict[str, Any], text: str) -> None:
    assert said(Topic.SCHEDULE, task) == [text]


def test_nothing_in_the_way_is_not_talked_about() -> None:
    assert said(Topic.OBSTACLE) == []


@pytest.mark.parametrize(
    ("task", "facts", "text"),
    [
        ({"enabled": False}, {}, "It is disabled: no slot becomes a run until"),
        ({"paused_until": NOW + HOUR}, {}, "It is paused until 2026-11-16 10:00 UTC: slots up to then are skipped"),
        (
            {"held": True, "held_slot": NOW},
            {},
            "Its slots up to 2026-11-16 09:00 UTC wait until the open run has ended.",
        ),
        ({}, {"stop_reason": "Enough\nfor today."}, "Everything is stopped (Enough for today): "),
        ({}, {"ticked_at": None}, "No tick has ever run on this database: check the cron job"),
        ({}, {"ticked_at": NOW - HOUR}, "The latest tick was at 2026-11-16 08:00 UTC, 1 h ago: check the cron job."),
        (
            {},
            {"circuits": [CircuitFacts("anthropic", "check the key", NOW - HOUR, NOW + 240)]},
            "The provider anthropic refuses us since 2026-11-16 08:00 UTC (check the key): runs wait,",
        ),
    ],
)
def test_what_is_in_the_way_is_named(task: dict[str, Any], facts: dict[str, Any], text: str) -> None:
    (sentence,) = said(Topic.OBSTACLE, task, **facts)
    assert sentence.startswith(text)


@pytest.mark.parametrize(
    ("live", "text"),
    [
        (
            RUN,
            (
                "Run r1 (for 2026-11-16 09:00 UTC) is running: attempt 2, 3 turns, 0.0015 USD so far; "
                "its worker's lease lasts until 2026-11-16 09:02 UTC."
            ),
        ),
        (
            run(lease_expires_at=NOW - 60, recoveries=1),
            "its worker went silent, the lease ran out at 2026-11-16 08:59 UTC",
        ),
        (run(lease_expires_at=NOW - 60, recoveries=4), "and the next tick takes it over, taken over 4 times before."),
        (run(lease_expires_at=NOW - 60, recoveries=5), "and the next tick ends it, taken over 5 times before."),
        (
            run(state="queued", scheduled_time=None),
            "Run r1 (asked for by hand) is queued since 2026-11-16 09:00 UTC: the next tick",
        ),
        (
            waiting("retry", not_before=NOW + 90),
            "waits for start 3 of 4, at 2026-11-16 09:01:30 UTC at the earliest, in 1 min 30 s.",
        ),
        (
            waiting("resume", not_before=NOW),
            "handed back in the middle of its work; its time has come, the next tick takes it up.",
        ),
        (
            waiting("provider", not_before=NOW + 60),
            "waits for its provider since 2026-11-16 08:59 UTC, at 2026-11-16 09:01 UTC",
        ),
        (waiting("approval"), "waits for somebody to approve a tool call."),
        (waiting("batch"), "waits for the answer to a message batch."),
    ],
)
def test_an_open_run_says_where_it_stands(live: RunFacts, text: str) -> None:
    (sentence,) = said(Topic.RUN, open_runs=[live])
    assert text in sentence


def test_runs_are_told_with_what_went_wrong_before() -> None:
    failed = AttemptFacts(1, "task_failed", "The board was locked.")
    ended = run(state="failed", error_class="timed_out", error="Too slow", finished_at=NOW)
    behind = run(id="r2", state="queued")
    live = run(cancel_requested_at=NOW)
    assert [
        text.partition(":")[0]
        for text in said(Topic.RUN, open_runs=[live, behind], latest_run=ended, failed_attempts=[failed])
    ] == [
        "Run r1 (for 2026-11-16 09",
        "Somebody asked to cancel it at 2026-11-16 09",
        "Its attempt 1 failed (task_failed)",
        "Run r2 (for 2026-11-16 09",
        "Run r1 (for 2026-11-16 09",
    ]
    assert said(Topic.RUN, latest_run=ended, failed_attempts=[failed]) == [
        "Run r1 (for 2026-11-16 09:00 UTC) was the last to end, at 2026-11-16 09:00 UTC: failed (timed_out): Too slow.",
        "Its attempt 1 failed (task_failed): The board was locked.",
    ]
    assert said(Topic.RUN) == ["It has never run."]


def test_a_long_reason_is_cut_and_holds_no_secret() -> None:
    (sentence,) = said(
        Topic.RUN, latest_run=run(state="failed", error_class="internal", error=f"sk-ant-api03-{'x' * 95} {'a' * 500}")
    )
    assert "sk-ant-api03" not in sentence
    assert len(sentence) < 330


@pytest.mark.parametrize(
    ("became", "misfire", "text"),
    [
        (
            slot("claimed", run_id="r1", run_state="succeeded"),
            "skip",
            "2026-11-16 09:00 UTC: claimed: run r1 is succeeded.",
        ),
        (slot("claimed", run_id="r1"), "skip", "2026-11-16 09:00 UTC: claimed; its run was deleted."),
        (
            slot("missed"),
            "skip",
            "missed: nobody looked before it was 20 min late, on time is 10 min; late slots are let go",
        ),
        (slot("missed"), "latest", "of late slots only the newest runs (misfire latest)."),
        (slot("missed"), "all", "late slots run unless they are too old or too many (misfire all)."),
        (slot("missed", processed_at=NOW + 60), "skip", "missed: the schedule was changed before it could run."),
        (slot("skipped_overlap"), "skip", "skipped: another run of the task was in the way"),
        (slot("skipped_gate"), "skip", "skipped: the task's gate"),
        (
            slot("skipped_paused", until_time=NOW + 2 * HOUR, slot_count=3),
            "skip",
            "2026-11-16 09:00 UTC to 2026-11-16 11:00 UTC (3 slots): skipped: the task was paused or disabled.",
        ),
    ],
)
def test_a_slot_says_what_became_of_it_and_why(became: SlotFacts, misfire: str, text: str) -> None:
    (sentence,) = said(Topic.SLOT, {"misfire": misfire}, slots=[became])
    assert text in sentence


def test_the_rules_of_the_task_are_told() -> None:
    assert said(Topic.POLICY) == [
        "Late slots are let go (misfire skip), as its store has it.",
        "A slot that falls due while a run is open is skipped (overlap skip).",
        "A run may take 0.2500 USD, 15 turns and 5 min of work.",
        "Retries of a run that failed: up to 3 retries: 60 s, doubling, at most 1 h, with jitter.",
    ]
    others = said(
        Topic.POLICY, {"misfire_of_store": False, "overlap": "queue", "budget_nanousd": 0, "retries": CONSTANT}
    )
    assert others[0] == "Late slots are let go (misfire skip)."
    assert "waits" in others[1]
    assert "no known price" in others[2]
    assert others[3] == "Retries of a run that failed: none."


@pytest.mark.parametrize(
    ("columns", "asked_by"),
    [
        ({"trigger": "job", "job_run_id": "p1"}, "(a step of its job)"),
        ({"trigger": "job", "rerun_of": "r0"}, "(a step, run again by hand)"),
        ({"trigger": "job"}, "(a step of a job that was deleted)"),
        ({"trigger": "file_watch"}, "(because of files that changed)"),
        ({"trigger": "manual"}, "(asked for by hand)"),
        ({"scheduled_time": NOW, "rerun_of": "r0"}, "(for 2026-11-16 09:00 UTC, run again by hand)"),
    ],
)
def test_a_run_says_who_asked_for_it(columns: dict[str, Any], asked_by: str) -> None:
    (sentence,) = said(Topic.RUN, open_runs=[run(**{"scheduled_time": None} | columns)])
    assert sentence.startswith(f"Run r1 {asked_by} is running")


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ({}, "It runs next at 2026-11-16 10:00 UTC, in 1 h."),
        ({"timezone": "Europe/Berlin"}, "It runs next at 2026-11-16 11:00 Europe/Berlin, in 1 h."),
        ({"next_run_at": NOW}, "It is due since 2026-11-16 09:00 UTC: the next tick decides about it."),
        (
            {"held": True, "held_slot": NOW, "next_run_at": NOW},
            "Next it looks at 2026-11-16 09:00 UTC again, as soon as",
        ),
        ({"next_run_at": None, "enabled": False}, "There is no next time while it is disabled."),
        (
            {"next_run_at": None, "schedule": Once(NOW), "schedule_type": "once"},
            "There is no next time: it was to run once.",
        ),
        (
            {"next_run_at": None, "schedule": Manual(), "schedule_type": "manual"},
            "There is no next time: it runs when somebody",
        ),
    ],
)
def test_what_happens_next_comes_last(task: dict[str, Any], text: str) -> None:
    (sentence,) = said(Topic.NEXT, task)
    assert sentence.startswith(text)


def test_an_adaptive_task_says_its_bounds_and_why_it_runs_then() -> None:
    (schedule,) = said(Topic.SCHEDULE, governed=GOVERNED)
    assert schedule == "'Standup' has this schedule: adaptive: every hour, at most every 15 minutes."
    assert said(Topic.NEXT, governed=GOVERNED)[-1] == "Decided was: Next at 10:00: the baseline's next time."
    agreeing = replace(GOVERNED, said="Next at 2026-11-16 10:00 UTC: the baseline's next time.")
    assert said(Topic.NEXT, {"next_run_at": NOW + HOUR}, governed=agreeing)[-1] == "Why then: the baseline's next time."
    assert len(said(Topic.NEXT, {"enabled": False, "next_run_at": None}, governed=GOVERNED)) == 1
