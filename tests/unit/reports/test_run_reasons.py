import pytest

from processor.reports.run_reasons import (
    DueSlot,
    ReadyRun,
    Step,
    why_by_hand,
    why_claimed,
    why_first_step,
    why_passed_over,
    why_ready,
)
from processor.rules.disposition import Disposition
from processor.rules.run_state import Trigger, WaitingFor

NINE = 1_794_819_600  # 2026-11-16 09:00 UTC
STEP = Step("Daily", 3, 2, 5)
BERLIN = "Europe/Berlin"


def slot(late: int, misfire: str = "skip", held_slot: int | None = None, timezone: str | None = BERLIN) -> DueSlot:
    return DueSlot(NINE, NINE + late, 600, misfire, timezone, held_slot)


def run(state: str, waiting_for: str | None = None, step: Step | None = None) -> ReadyRun:
    return ReadyRun(state, "schedule", NINE, 2, 3, waiting_for, NINE + 60, NINE + 120, NINE, step=step)


@pytest.mark.parametrize(
    ("due", "reason"),
    [
        (slot(0), "its slot 2026-11-16 10:00 Europe/Berlin is due"),
        (slot(59, timezone=None), "its slot 2026-11-16 09:00 UTC is due"),
        (slot(300), "its slot 2026-11-16 10:00 Europe/Berlin is 5 min late, still on time"),
        (slot(600), "its slot 2026-11-16 10:00 Europe/Berlin is 10 min late, still on time"),
        (slot(601, "latest"), "missed at 2026-11-16 10:00 Europe/Berlin, caught up by its misfire policy latest"),
        (slot(7_200, "all"), "missed at 2026-11-16 10:00 Europe/Berlin, caught up by its misfire policy all"),
        (slot(7_200, held_slot=NINE), "its slot 2026-11-16 10:00 Europe/Berlin waited for the run before it"),
        (
            slot(7_200, "all", NINE + 600),
            "missed at 2026-11-16 10:00 Europe/Berlin, caught up by its misfire policy all",
        ),
        (slot(0, held_slot=NINE - 60), "its slot 2026-11-16 10:00 Europe/Berlin is due"),
    ],
)
def test_a_slot_becomes_a_run_for_a_reason(due: DueSlot, reason: str) -> None:
    assert why_claimed(due) == reason


@pytest.mark.parametrize(
    ("due", "standing"),
    [
        (slot(0, timezone=None), "is due"),
        (slot(120, timezone=None), "is 2 min late, still on time"),
        (slot(7_200, "latest", timezone=None), "was missed, caught up by the misfire policy latest"),
    ],
)
def test_a_pass_begins_for_a_slot_of_its_job(due: DueSlot, standing: str) -> None:
    assert why_first_step("Daily", due) == f"first step of job 'Daily', whose slot 2026-11-16 09:00 UTC {standing}"


@pytest.mark.parametrize(
    ("ready", "reason"),
    [
        (run("running"), "its worker went silent at 2026-11-16 09:02 UTC"),
        (run("waiting", "retry"), "retry 2 of 3 is due"),
        (run("waiting", "retry", STEP), "retry 2 of 3 is due, step 2/5 of pass 3 of job 'Daily'"),
        (run("waiting", "resume"), "handed back at 2026-11-16 09:01 UTC, at the end of a tick or by a signal"),
        (run("waiting", "provider"), "its provider, which it waits for since 2026-11-16 09:01 UTC, is asked again"),
        (run("queued", step=STEP), "step 2/5 of pass 3 of job 'Daily'"),
        (
            run("queued"),
            "its slot 2026-11-16 09:00 UTC was claimed at 2026-11-16 09:00 UTC, and waits for its start",
        ),
        (ReadyRun("queued", "manual", NINE), "asked for by hand"),
        (ReadyRun("queued", "schedule", NINE, rerun_of="R"), "asked for by hand, repeats run R"),
        (
            ReadyRun("queued", "backfill", NINE, scheduled_time=NINE),
            "a backfill asked for its slot 2026-11-16 09:00 UTC",
        ),
        (ReadyRun("queued", "file_watch", NINE), "a watched file changed"),
    ],
)
def test_a_run_is_taken_up_for_a_reason(ready: ReadyRun, reason: str) -> None:
    assert why_ready(ready) == reason


@pytest.mark.parametrize("trigger", Trigger)
def test_whoever_asked_for_a_queued_run_is_told(trigger: str) -> None:
    assert why_ready(ReadyRun("queued", trigger, NINE))


@pytest.mark.parametrize("waiting_for", WaitingFor)
def test_whatever_a_run_waited_for_is_told(waiting_for: str) -> None:
    assert why_ready(run("waiting", waiting_for))


def test_a_run_by_hand_may_repeat_another() -> None:
    assert (why_by_hand(None), why_by_hand("R")) == ("asked for by hand", "asked for by hand, repeats run R")


def test_a_missed_slot_is_told_with_its_policy_and_others_with_what_was_in_the_way() -> None:
    missed = why_passed_over("missed", slot(7_200))
    assert missed == "missed: 2 h late, on time is 10 min; late slots are let go (misfire skip)"
    others = [each for each in Disposition if each not in {Disposition.CLAIMED, Disposition.MISSED}]
    assert all(why_passed_over(each, slot(0)).startswith("skipped: ") for each in others)
