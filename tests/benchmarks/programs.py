"""Starts the programs that are measured, with as little in between as there is."""

import os
import subprocess
import sys
import time
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.setting import PYTHON, ROOT, SCRIPT, environment


class NotPrepared(Exception):
    """What is to be measured cannot be started; the message says why."""


def timed_ms(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Milliseconds from the start of a program to its end, which must be a good one."""
    nothing = os.open(os.devnull, os.O_RDWR)
    streams = [(os.POSIX_SPAWN_DUP2, nothing, number) for number in (0, 1)]
    started = time.perf_counter()
    process = os.posix_spawn(command[0], list(command), dict(variables), file_actions=streams)
    _, status = os.waitpid(process, 0)
    taken_ms = (time.perf_counter() - started) * 1000
    os.close(nothing)
    if status != 0:
        raise NotPrepared(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return taken_ms


def prepare_runtime() -> None:
    """Let the script make its environment, if it has to, before anything is measured."""
    done = subprocess.run(
        [str(SCRIPT), "--help"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise NotPrepared(done.stderr)


def installed(folder: Path) -> Path:
    """The console script that pip makes from our wheel, in an environment that holds what `.venv` holds."""
    home = folder / "installed"
    script = home / "bin" / "process-tasks"
    if not script.exists():
        venv.create(home, symlinks=True, with_pip=False)
        _share_packages(home)
        _say_or_fail("-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "wheel"))
        (wheel,) = (folder / "wheel").glob("*.whl")
        options = ("--disable-pip-version-check", "--quiet", "--no-deps", "--no-index")
        _say_or_fail("-m", "pip", "--python", str(home / "bin" / "python"), "install", *options, str(wheel))
    return script


def _share_packages(home: Path) -> None:
    """Links instead of a second installation; the folders look the same to Python."""
    (source,) = (PYTHON.parent.parent / "lib").glob("python*/site-packages")
    (target,) = (home / "lib").glob("python*/site-packages")
    for package in source.iterdir():
        (target / package.name).symlink_to(package)


def _say_or_fail(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotPrepared(f"python {' '.join(arguments)}: {done.stdout}{done.stderr}")
