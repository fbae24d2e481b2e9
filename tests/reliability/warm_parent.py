"""Has imported the whole program and starts it by forking, so that a process costs milliseconds.

It never opens a database and has no second thread, so a child is as good as a program started afresh. Orders come as
JSON, one a line: `{"start": …}` is answered with the child's id, `{"look": id}` with its exit code, null while it still
runs (a signal that ended it counts below zero). When the orders end, so do the children.
"""

import gc
import json
import os
import signal
import sys
from importlib import import_module
from typing import Any, NoReturn

PROGRAMS = {"process-tasks": "processor.entry", "processor": "processor.cli.main"}
LOADED = (
    *PROGRAMS.values(),
    "processor.agent.executor",
    "processor.agent.toolbox.cards",
    "processor.agent.toolbox.notes",
    "processor.agent.toolbox.runs",
    "processor.cli.one_tick",
    "processor.cli.process_tasks",
    "processor.cli.verify",
    "processor.llm.scripted",
    "processor.storage.objects",
    "tests.reliability.instrument",
    "psycopg",
)


def main() -> None:
    """Take orders until there are no more."""
    for name in LOADED:
        import_module(name)
    gc.freeze()
    children: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            child = os.fork()
            if child == 0:
                _become(order["start"])
            children.add(child)
            _answer(child)
        else:
            ended, status = os.waitpid(order["look"], os.WNOHANG)
            children.discard(ended)
            _answer(os.waitstatus_to_exitcode(status) if ended else None)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _answer(value: object) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


def _become(order: dict[str, Any]) -> NoReturn:
    """Be the program, in the given folder and environment, with its own files for what it says."""
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    for descriptor, path in enumerate((os.devnull, order["out"], order["log"])):
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [order["program"], *order["arguments"]]
    if order["instrument"] is not None:
        import_module("tests.reliability.instrument").install(**order["instrument"])
    import_module(PROGRAMS[order["program"]]).main()
    sys.exit(0)


if __name__ == "__main__":
    main()
