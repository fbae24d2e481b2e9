"""What a person sees: the programs on a terminal."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import ROOT, ClockFile

PROGRAMS = {
    "process-tasks": "import sys; sys.argv[0] = 'process-tasks'; from processor.entry import main; sys.exit(main())",
    "processor": "import sys; sys.argv[0] = 'processor'; from processor.cli.main import main; sys.exit(main())",
}


class Terminal:
    """Runs a program on a terminal and returns its exit code and what it wrote."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "HOME", "COVERAGE_"))}
        self._environment = {
            **kept,
            "TERM": "xterm",
            "COLUMNS": "160",
            "PYTHONPATH": str(ROOT),
            "PROCESSOR_ROOT": str(root),
            "PROCESSOR_MODEL": "rehearsal",
            **environment,
        }

    def __call__(self, program: str, *arguments: str, until: str | None = None, **environment: str) -> tuple[int, str]:
        """Run it to its end, or `until` it has written that: then it is sent Ctrl-C."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAMS[program], *arguments],
            env={**self._environment, **environment},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            close_fds=True,
        )
        os.close(theirs)
        written = b""
        if until is not None:
            while until not in written.decode():
                written += os.read(ours, 65_536)
            process.send_signal(signal.SIGINT)
        written += b"".join(_read_to_the_end(ours))
        os.close(ours)
        return process.wait(), written.decode()


def _read_to_the_end(descriptor: int) -> list[bytes]:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, 65_536)
        except OSError:  # Linux says so when the other side has hung up
            return parts
        if not part:
            return parts
        parts.append(part)


@pytest.fixture
def terminal(tmp_path: Path, sqlite_url: str) -> Terminal:
    return Terminal(tmp_path, {"PROCESSOR_DATABASE_URL": sqlite_url})


def test_a_tick_shows_its_runs_while_they_run_and_a_table_at_the_end(terminal: Terminal, clock: ClockFile) -> None:
    now = {"PROCESSOR_CLOCK_FILE": str(clock.path)}
    made = ["tasks", "create", "--name", "[red]Odd[/red]", "--prompt", "Create a task called 'Test Task'"]
    terminal("processor", *made, "--at", str(datetime.fromtimestamp(clock.now, UTC)), **now)
    code, shown = terminal("process-tasks", **now)
    assert code == 0
    assert "turn 1 · create_card" in shown
    assert "✓\x1b[0m [red]Odd[/red]: succeeded" in shown
    assert re.search(r"TASK.*STATE.*OUTPUT", shown)
    assert "1 succeeded" in shown


def test_colours_are_for_terminals_and_can_be_turned_off(terminal: Terminal) -> None:
    assert "\x1b[1mID" in terminal("processor", "stores", "list")[1]
    assert "\x1b[" not in terminal("processor", "stores", "list", NO_COLOR="1", TERM="dumb")[1]


def test_an_error_is_one_plain_line(terminal: Terminal) -> None:
    code, shown = terminal("process-tasks", "--store", "nobody")
    assert code == 2
    assert shown.splitlines() == ["There is no store 'nobody': 'processor stores list' shows them"]


def test_a_tick_without_a_key_says_so_in_one_plain_line(terminal: Terminal, clock: ClockFile) -> None:
    now = {"PROCESSOR_CLOCK_FILE": str(clock.path), "PROCESSOR_MODEL": "anthropic"}
    at = str(datetime.fromtimestamp(clock.now, UTC))
    terminal("processor", "tasks", "create", "--name", "Later", "--prompt", "Summarise the board", "--at", at, **now)
    code, shown = terminal("process-tasks", **now)
    (line,) = re.sub(r"\x1b\[[?\d]*[a-zA-Z]|\r", "", shown).splitlines()
    assert (code, "ANTHROPIC_API_KEY" in line, "tick.finished" in line) == (78, True, False)


def test_a_pause_between_ticks_needs_a_loop(terminal: Terminal) -> None:
    code, shown = terminal("process-tasks", "--every", "5")
    assert code == 2
    assert shown.splitlines() == ["--every is the pause between the ticks of --loop: give --loop, too, or leave it out"]


def test_start_does_not_speak_of_the_loop_option_that_it_lacks(terminal: Terminal) -> None:
    code, shown = terminal("processor", "start", "--help")
    assert (code, "--loop" in shown, "--every" in shown) == (0, False, True)


def test_a_loop_says_when_something_falls_due(terminal: Terminal, clock: ClockFile) -> None:
    now = {"PROCESSOR_CLOCK_FILE": str(clock.path)}
    code, shown = terminal("process-tasks", "--loop", until="No time to come by a clock", **now)
    assert code == 130
    at = str(datetime.fromtimestamp(clock.now + 3_600, UTC))
    terminal("processor", "tasks", "create", "--name", "Later", "--prompt", "Summarise the board", "--at", at, **now)
    code, shown = terminal("process-tasks", "--loop", "--store", "default", until="in 1 h", **now)
    assert (code, shown.count("Next: 2026-11-16 10:00 UTC, in 1 h.")) == (130, 1)


def test_sentences_go_on_in_the_next_line_between_words(terminal: Terminal) -> None:
    terminal("processor", "tasks", "create", "--name", "Tidy", "--prompt", "Summarise the board", "--every", "4h")
    _, wide = terminal("processor", "tasks", "explain", "Tidy", COLUMNS="1000")
    _, narrow = terminal("processor", "tasks", "explain", "Tidy", COLUMNS="60")
    assert max(len(line) for line in narrow.splitlines()) <= 60
    assert len(narrow.splitlines()) > len(wide.splitlines())
    without_spans = re.compile(r"\d+ (s|min)\b").sub
    assert without_spans("", narrow).split() == without_spans("", wide).split()
    assert narrow.count("\r\n\r\n") == wide.count("\r\n\r\n") > 0


def test_an_idle_tick_says_nothing(terminal: Terminal) -> None:
    assert terminal("process-tasks") == (0, "")


def test_nobody_listening_any_more_is_no_error(sqlite_url: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAMS["processor"], "stores", "list"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PROCESSOR_DATABASE_URL": sqlite_url},
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")


@pytest.mark.parametrize("width", [80, 120])
def test_a_list_has_one_line_for_each_row_and_cuts_only_free_text(terminal: Terminal, width: int) -> None:
    words = "Summarise the board " * 10
    made = terminal("processor", "tasks", "create", "--name", words, "--prompt", words, "--every", "4h", "--json")[1]
    task_id = json.loads(made)["id"]
    terminal("processor", "tasks", "pause", task_id, "--until", "2100-01-01")
    terminal("processor", "tasks", "run", task_id)
    (run,) = json.loads(terminal("processor", "runs", "list", "--json")[1])
    card = json.loads(terminal("processor", "cards", "create", "--title", words, "--json")[1])
    for noun, row in (
        ("tasks", rf"{task_id}  Summarise.*…  .*paused  "),
        ("runs", rf"{run['id']}  Summarise.*…  .*{run['state']}  .*\S"),
        ("cards", rf"{card['id']}  {card['column']}  .*Summarise.*…"),
    ):
        code, shown = terminal("processor", noun, "list", COLUMNS=str(width))
        heading, *lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
        assert (code, len(lines)) == (0, 1), noun
        assert max(map(len, (heading, *lines))) <= width, noun
        assert re.search(row, lines[0]), lines[0]
