"""Makes the virtual environment that the scripts run in: `set_up.py VENV LOCK`; needs nothing but Python itself."""

import compileall
import contextlib
import fcntl
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

CONFIGURATION_ERROR = 78
ROOT = Path(__file__).resolve().parent.parent


class SetUpFailed(Exception):
    """A step did not work; the message is what it printed."""


def main(venv: Path, lock: Path) -> int:
    """Make `venv` hold exactly what `lock` lists; returns the exit code."""
    try:
        return set_up(venv, lock)
    except OSError as error:
        say(f"{error.filename}: {error.strerror}. The checkout must be writable for whoever starts a script first.\n")
        return CONFIGURATION_ERROR


def set_up(venv: Path, lock: Path) -> int:
    with one_at_a_time(venv):
        if is_finished(venv, lock):
            return 0
        started = time.monotonic()
        reason = "its lock changed" if (venv / "fingerprint").exists() else "first use"
        say(f"Setting up {venv.name} ({reason}, up to a minute) … ")
        try:
            install(venv, lock)
        except SetUpFailed as failure:
            say(f"failed.\n{failure}\nNothing was started. Mend the cause above, then run the same command again.\n")
            return CONFIGURATION_ERROR
        compile_bytecode(venv)
        (venv / "fingerprint").write_text(fingerprint(lock))
        say(f"done in {time.monotonic() - started:.0f} s.\n")
    return 0


@contextlib.contextmanager
def one_at_a_time(venv: Path) -> Iterator[None]:
    """Hold a lock that the kernel releases even if this process is killed."""
    with venv.with_name(f"{venv.name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another process that is setting up {venv.name} …\n")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_finished(venv: Path, lock: Path) -> bool:
    stamp = venv / "fingerprint"
    return stamp.exists() and (venv / "bin" / "python").exists() and stamp.read_text() == fingerprint(lock)


def fingerprint(lock: Path) -> str:
    """The first line of the lock, which `scripts/lock` made from all the others."""
    with lock.open() as lines:
        return lines.readline()


def install(venv: Path, lock: Path) -> None:
    """Use uv where there is one, because it is quick; pip also where uv does not get through."""
    if uv := shutil.which("uv"):
        with contextlib.suppress(SetUpFailed):
            run(uv, "venv", "--clear", "--python", interpreter(), str(venv))
            run(uv, "pip", "install", "--python", str(venv / "bin" / "python"), "--require-hashes", "-r", str(lock))
            return
    run(interpreter(), "-I", "-m", "venv", "--clear", str(venv))
    pip = [str(venv / "bin" / "python"), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    run(*pip, "install", "--quiet", "--no-compile", "--require-hashes", "-r", str(lock))
    # Python 3.11 puts setuptools into a new environment, whose start-up file costs each tick half a millisecond.
    run(*pip, "uninstall", "--quiet", "--yes", "setuptools")


def interpreter() -> str:
    """Name the very version: a later `python3` of another one then leaves a dangling link, which is noticed."""
    return os.path.realpath(sys.executable)


def run(*command: str) -> None:
    """Run one step in silence; what it printed is shown only when it fails."""
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        raise SetUpFailed(f"$ {' '.join(command)}\n{done.stdout.strip()}")


def compile_bytecode(venv: Path) -> None:
    """Compile ahead what installers leave to the first start; a package may hold files that do not compile."""
    with contextlib.redirect_stdout(io.StringIO()):
        for folder in (venv / "lib", ROOT / "processor"):
            compileall.compile_dir(folder, quiet=2, workers=0)


def say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
