"""Whole ticks of the real program: the real client before servers of this machine, and the models without a network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from processor.agent.toolbox import TOOLS
from processor.models import Turn
from processor.services import cards, runs, tasks
from processor.services.runs import RunView
from processor.services.tasks import TaskFields
from processor.storage.database import Database
from tests.conftest import RunProgram
from tests.integration.agent.provider import answer, words
from tests.integration.llm.fakellm_server import call as ask_server
from tests.integration.llm.fakellm_server import running_fakellm
from tests.integration.llm.fault_server import Answer, FaultServer, error_answer
from tests.world import DEFAULT_STORE, call, calls, finishes

PROMPT = "Create a task called 'Test Task'"
Json = dict[str, Any]


class Program:
    """The two commands, on one database."""

    def __init__(self, run_program: RunProgram, database: Database) -> None:
        self.run_program = run_program
        self.database = database
        self.env = {"PROCESSOR_MODEL": "anthropic", "ANTHROPIC_API_KEY": "sk-ant-made-up", "NO_PROXY": "127.0.0.1"}

    def ask(self, *arguments: str) -> Any:
        """What `processor … --json` prints."""
        done = self.run_program("processor", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def queue(self) -> None:
        """A task with a run that waits for the next tick."""
        fields: TaskFields = {"name": "Test", "prompt": PROMPT, "schedule_type": "manual"}
        with self.database.writing() as work:
            task = tasks.create(work, DEFAULT_STORE, fields, TOOLS.keys())
            runs.request(work, DEFAULT_STORE, task.id)

    def runs(self) -> list[RunView]:
        with self.database.reading() as work:
            return runs.list_all(work, DEFAULT_STORE)

    def card_and_run(self) -> tuple[Json, RunView]:
        """The only card and the only run that there are."""
        with self.database.reading() as work:
            (card,) = (cards.view(work, card) for card in cards.list(work, DEFAULT_STORE))
        (run,) = self.runs()
        return card, run

    def tick(self) -> Json:
        """The object that a tick prints; it must have ended well."""
        done = self.run_program("process-tasks", "--json", env=self.env)
        assert done.returncode == 0, done.stderr
        report: Json = json.loads(done.stdout)
        return report

    def wait_no_longer(self) -> None:
        """Whatever waits for its provider may try again now."""
        with self.database.writing() as work:
            work.connection.exec_driver_sql("UPDATE runs SET not_before = 0 WHERE state = 'waiting'")

    def responses(self, run_id: str | None) -> list[str]:
        """The transcript as it is kept."""
        with self.database.reading() as work:
            query = select(Turn).where(Turn.run_id == run_id).order_by(col(Turn.turn))
            return [turn.response for turn in work.session.exec(query)]


@pytest.fixture
def program(run_program: RunProgram, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Program(run_program, database)


@pytest.fixture
def faults(program: Program) -> Iterator[FaultServer]:
    with FaultServer().running() as server:
        program.env["ANTHROPIC_BASE_URL"] = server.url
        yield server


@pytest.fixture(scope="module")
def fakellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_fakellm(tmp_path_factory.mktemp("fakellm")) as url:
        yield url


def test_an_agent_makes_a_card_through_a_server_that_others_wrote(program: Program, fakellm: str) -> None:
    program.env["ANTHROPIC_BASE_URL"] = fakellm
    before = ask_server(f"{fakellm}/_fakellm/stats")["total_requests"]
    program.queue()

    report = program.tick()

    assert (report["succeeded"], report["failed"]) == (1, 0)
    card, run = program.card_and_run()
    assert (card["title"], run["output"]) == ("Test Task", "The card is there.")
    assert run["created_card_ids"] == [card["id"]]
    assert run["input_tokens"] > 0
    kept = [json.loads(text) for text in program.responses(run["id"])]
    assert [message["stop_reason"] for message in kept] == ["tool_use", "end_turn"]
    assert kept[0]["content"][-1]["name"] == "create_card"
    assert ask_server(f"{fakellm}/_fakellm/stats")["total_requests"] == before + 2


def test_the_transcript_is_what_the_server_sent(program: Program, faults: FaultServer) -> None:
    use = json.loads(answer(call("create_card", title="Test Task")).body)
    sent = [json.dumps(use, indent=2), answer(words("Grüße \u2028")).body.decode()]
    faults.answers = [Answer(body=text.encode()) for text in sent]
    program.queue()

    assert program.tick()["succeeded"] == 1

    card, run = program.card_and_run()
    assert card["title"] == "Test Task"
    assert program.responses(run["id"]) == sent
    assert "sk-ant-made-up" in str(faults.headers[0])


def test_faults_that_pass_are_outlived(program: Program, faults: FaultServer) -> None:
    faults.answers = [
        error_answer(429, "slow down", "rate_limit_error", retry_after="0.01"),
        Answer(sends="nothing"),
        answer(call("create_card", title="Test Task")),
        error_answer(529, "overloaded", "overloaded_error"),
        Answer(sends="half"),
        answer(words("There.")),
    ]
    program.queue()

    assert program.tick()["succeeded"] == 1

    card, run = program.card_and_run()
    assert (card["title"], run["output"], run["attempt"]) == ("Test Task", "There.", 1)
    assert len(faults.requests) == len(faults.answers)


def test_a_refused_key_stops_the_calls_and_a_mended_one_goes_on(program: Program, faults: FaultServer) -> None:
    program.env["PROCESSOR_MAX_CONCURRENCY"] = "2"
    refused = error_answer(401, "invalid x-api-key", "authentication_error")
    faults.answers = [refused]
    for _ in range(6):
        program.queue()

    report = program.tick()

    assert 1 <= len(faults.requests) <= 2
    assert (report["waiting"], report["failed"], report["succeeded"]) == (2, 0, 0)
    states = sorted((run["state"], run["waiting_for"] or "", run["attempt"]) for run in program.runs())
    assert states == [("queued", "", 0)] * 4 + [("waiting", "provider", 1)] * 2

    faults.answers = [answer(words("Hello."))]
    program.wait_no_longer()

    assert program.tick()["succeeded"] == 6
    assert [(run["state"], run["attempt"]) for run in program.runs()] == [("succeeded", 1)] * 6


@pytest.mark.parametrize("model", ["rehearsal", "scripted"])
def test_a_task_that_asks_for_a_card_leaves_it_linked_to_its_run(program: Program, model: str, tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([calls(call("create_card", title="Test Task")), finishes()]))
    program.env = {"PROCESSOR_MODEL": model, "PROCESSOR_SCRIPT": str(script)}
    task = program.ask("tasks", "create", "--name", "Test", "--prompt", PROMPT, "--schedule-type", "manual")
    program.ask("tasks", "run", task["id"], "--queue")

    report = program.tick()

    (card,) = program.ask("cards", "list")
    (run,) = program.ask("runs", "list")
    assert (card["title"], card["column"]) == ("Test Task", "To do")
    assert card["created_by_run_id"] == run["id"]
    assert run["created_card_ids"] == [card["id"]]
    assert [each["id"] for each in report["runs"]] == [run["id"]]
    assert (run["state"], run["trigger"], run["cost_usd"]) == ("succeeded", "manual", 0)


def test_a_task_runs_when_its_slot_is_due_and_not_before(
    program: Program, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.env = {"PROCESSOR_MODEL": "rehearsal"}
    program.ask("tasks", "create", "--name", "Test", "--prompt", PROMPT, "--every", "1h")
    assert program.tick()["due"] == 0

    clock.advance(3_600)
    report = program.tick()

    assert (report["due"], report["claimed"], report["succeeded"]) == (1, 1, 1)
    card, run = program.card_and_run()
    assert (card["title"], run["scheduled_time"]) == ("Test Task", "2026-11-16T10:00:00Z")
    assert program.tick()["due"] == 0
    assert len(program.runs()) == 1
