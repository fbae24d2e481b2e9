"""What the documents tell people to type works: each `sh` block is run, in order, by one shell."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

HOWTOS = ["adaptive", "backfill", "jobs", "file-watch", "events", "tasks-in-git"]
PAGES = ["docs/quickstart.md", *(f"docs/howto/{name}.md" for name in HOWTOS), "README.md"]
DEVELOPS = "scripts/test"
"""Starts the tests, so the tests do not start it."""
SHIM = """#!/bin/sh
export PROCESSOR_ROOT={root}
exec {python} -P -c "import sys; sys.argv[0] = '{name}'; from {module} import main; sys.exit(main())" "$@"
"""
MODULES = {"process-tasks": "processor.entry", "processor": "processor.cli.main"}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the two scripts, which start this program without making an environment first."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for name, module in MODULES.items():
        script = scripts / name
        script.write_text(SHIM.format(root=tmp_path, python=sys.executable, name=name, module=module))
        script.chmod(0o755)
    return tmp_path


def typed(checkout: Path, commands: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "HOME", "LANG", "COVERAGE_"))}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=checkout,
        env={**kept, "PYTHONPATH": str(ROOT), "PROCESSOR_MODEL": "rehearsal"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_tells_people_to_type_works(page: str, checkout: Path) -> None:
    commands = "\n".join(line for line in "".join(blocks(page, "sh")).splitlines() if line != DEVELOPS)
    assert "scripts/process-tasks --demo" in commands
    ended = typed(checkout, commands)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_readme_shows_what_the_demo_prints(checkout: Path) -> None:
    shown = typed(checkout, "scripts/process-tasks --demo").stdout
    (picture,) = [block for block in blocks("README.md", "text") if "Test Task" in block]
    assert without_chance(picture) == without_chance(shown)


def without_chance(text: str) -> list[str]:
    """The lines, without ids, instants and durations, in no order: runs end as they end."""
    for pattern in (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?", r"\d+\.\d+"):
        text = re.sub(pattern, "…", text)
    return sorted(re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip())


@pytest.mark.parametrize(
    "page", sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
)
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    missing = [target for target in targets if target and not (ROOT / page).parent.joinpath(target).exists()]
    assert missing == []


def test_every_test_that_the_seeds_name_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (ROOT / "docs/seeds.md").read_text(encoding="utf-8"))
    missing = [f"{path}::{name}" for path, name in named if not _has_test(ROOT / path, name)]
    assert len(named) > 50
    assert missing == []


def _has_test(path: Path, name: str) -> bool:
    return path.exists() and f"def {name}(" in path.read_text(encoding="utf-8")
