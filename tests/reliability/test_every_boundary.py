"""kill -9 before and after every commit, model call and tool call of one run: the work ends as if nothing had been."""

import pytest

from tests.conftest import ClockFile
from tests.reliability import letters
from tests.reliability.boundaries import CALLED, Case
from tests.reliability.outcome import TURNS
from tests.reliability.scene import Scene, three_turns
from tests.world import call, calls

FAULT = "kill -9 at each write boundary"

MISTOLD = """
SELECT count(*) FROM runs AS r
WHERE (SELECT count(*) FROM events AS e WHERE e.subject_id = r.id AND e.name = 'run.started') <> r.attempt
    OR (SELECT count(*) FROM events AS e WHERE e.subject_id = r.id AND e.name = 'run.recovered') <> r.recoveries
    OR (SELECT count(*) FROM events AS e WHERE e.subject_id = r.id AND e.name = 'run.' || r.state) <> 1
"""
"""Runs that have ended and whose events are not what happened, each once."""

pytestmark = pytest.mark.slow


def undisturbed(scene: Scene, clock: ClockFile) -> Case:
    """What the run looks like when nobody kills it."""
    case = Case(scene, clock, "undisturbed")
    assert case.tick() == 0
    return case


def test_wherever_it_is_killed_the_run_ends_as_if_it_had_not_been(scene: Scene, clock: ClockFile) -> None:
    example = undisturbed(scene, clock)
    seams, expected = example.passed(), example.portrait()
    assert (seams.count(CALLED), seams.count("after a tool call")) == (TURNS, 4)
    wrong = {}
    for number, seam in enumerate(seams, start=1):
        case = Case(scene, clock, f"killed at {number}")
        case.kill(kill_at=number)
        turns, answered = case.recorded()
        to_pay = case.paid_calls() + TURNS - len(turns)

        assert case.tick() == 0

        problems = {
            "another result": case.portrait() != expected,
            "a record was changed": not (turns <= case.recorded()[0] and answered <= case.recorded()[1]),
            f"paid {case.paid_calls()} calls": not case.paid_calls() == to_pay <= TURNS + 1,
            "there was something left to do": case.tick() != 0 or case.scene.unfinished(),
            "its events are not what happened": case.scene.ask(MISTOLD) != 0,
        }
        wrong[f"{number}: {seam}"] = [said for said, so in problems.items() if so]
    scene.counts["rounds"] += len(seams)
    assert {where: problems for where, problems in wrong.items() if problems} == {}


def test_wherever_it_is_killed_tools_that_act_outside_keep_their_word(scene: Scene, clock: ClockFile) -> None:
    letter, answers = scene.folder / "letters", three_turns()
    both = (call("send_once", text=letters.ONCE), call("send_safely", text=letters.SAFELY))
    scene.script([calls(*both), *answers[1:]])
    scene.environment[letters.VARIABLE] = str(letter)
    seams = undisturbed(scene, clock).passed()
    first_call = seams.index("before a tool call")
    wrong, unknown = {}, []
    for number, seam in enumerate(seams, start=1):
        letter.unlink()
        case = Case(scene, clock, f"killed at {number}")
        case.kill(kill_at=number)

        assert case.tick() == 0

        once, safely = letters.sent(letter, letters.ONCE), letters.sent(letter, letters.SAFELY)
        said = {name: (state, result) for _, _, name, _, state, result in case.portrait()["tools"]}
        if said["send_once"][0] == "unknown":
            unknown.append(number)
        problems = {
            f"sent at most once, {len(once)} times": len(once) > 1,
            "told that it was sent, and it was not": said["send_once"][0] == "succeeded" and not once,
            f"sent with the keys {safely}": len(set(safely)) != 1,
            f"{said['send_safely']}": said["send_safely"][0] != "succeeded",
            f"state {case.portrait()['state']}": case.portrait()["state"] != "succeeded",
        }
        wrong[f"{number}: {seam}"] = [said for said, so in problems.items() if so]
    scene.counts["rounds"] += len(seams)
    assert {where: problems for where, problems in wrong.items() if problems} == {}
    # From the commit that says it is about to be sent, to the one that would have said that it was.
    assert unknown == [first_call, first_call + 1, first_call + 2, first_call + 3]
