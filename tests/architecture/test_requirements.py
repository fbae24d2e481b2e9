"""What the project asks for, and what its locks pin."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
NEVER_IMPORTED = {"tzdata"}  # data, which zoneinfo finds by itself


def test_the_program_asks_for_what_it_imports_and_for_nothing_else() -> None:
    distributions = packages_distributions()
    ours = {"processor", *sys.stdlib_module_names}
    imported = {name for path in (ROOT / "processor").rglob("*.py") for name in imports(path)} - ours
    assert {distributions.get(name, [name])[0].lower() for name in imported} | NEVER_IMPORTED == set(requirements())


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).partition(".")[0]


def requirements() -> Iterator[str]:
    for wanted in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]:
        yield re.split(r"[^a-z0-9-]", wanted)[0]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_names_no_registry(name: str) -> None:
    mark, *lines = (ROOT / name).read_text().splitlines()
    assert re.fullmatch(r"# scripts/lock made this from pyproject.toml: [0-9a-f]{64}", mark)
    line = re.compile(r"[a-z0-9.-]+==[\w.]+( ; [^/]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [text for text in lines if not line.fullmatch(text)] == []


def test_whoever_develops_has_the_very_versions_that_run() -> None:
    running, developing = (pinned(name) for name in LOCKS)
    assert running
    assert {name: developing.get(name) for name in running} == running


def pinned(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
