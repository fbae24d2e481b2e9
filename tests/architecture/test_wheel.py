"""What is in the wheel: somebody who installs it has no checkout."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        yield wheel


def test_the_wheel_carries_all_sql(wheel: zipfile.ZipFile) -> None:
    written = {f"processor/_sql/{path.relative_to(ROOT / 'sql')}" for path in (ROOT / "sql").rglob("*.sql")}
    assert written
    assert written <= set(wheel.namelist())


def test_the_wheel_carries_the_data_beside_the_code(wheel: zipfile.ZipFile) -> None:
    data = {str(path.relative_to(ROOT)) for path in (ROOT / "processor").rglob("*.json")}
    assert data
    assert data <= set(wheel.namelist())


def test_the_wheel_installs_both_commands(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    text = wheel.read(entry_points).decode()
    assert "process-tasks = processor.entry:main" in text
    assert "processor = processor.cli.main:main" in text


def test_the_wheel_holds_the_program_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"processor", "process_tasks"}
