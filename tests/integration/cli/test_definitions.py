"""`processor export` and `processor import`."""

import stat
from pathlib import Path

import pytest

from processor.services.definitions.writing import HEADING
from tests.integration.cli.conftest import Processor

FILE = """version: 1
stores:
  - name: default
    tasks:
      - name: Hourly
        prompt: Summarise the board
        schedule: {every: 1h}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_file_is_imported_and_exported(processor: Processor, file: Path) -> None:
    made = processor("import", str(file))
    assert "+ task default / Hourly" in made.out
    assert made.out.endswith("1 created, 0 changed, 1 unchanged.\n")
    text = processor("export").out
    assert text.startswith(HEADING)
    assert "name: Hourly" in text


def test_a_dry_run_shows_the_difference_and_writes_nothing(processor: Processor, file: Path) -> None:
    processor("import", str(file))
    file.write_text(FILE.replace("1h", "2h"), encoding="utf-8")
    for _ in range(2):
        tried = processor("import", str(file), "--dry-run")
        assert "~ task default / Hourly\n    schedule: " in tried.out
        assert tried.out.endswith("0 created, 1 changed, 1 unchanged. Nothing was written.\n")
    (change,) = [each for each in processor("import", str(file), "--json").json["changes"] if each["noun"] == "task"]
    assert change["differences"]["schedule"]["new"] == {"every": "2h"}


def test_of_a_long_schedule_only_what_differs_is_shown(processor: Processor, file: Path) -> None:
    adaptive = "{type: adaptive, cron: 0 9 * * *, timezone: Europe/Berlin, min_interval: 15m, max_interval: 2d}"
    text = FILE.replace("{every: 1h}", adaptive)
    file.write_text(text, encoding="utf-8")
    processor("import", str(file))
    file.write_text(text.replace("2d", "3d"), encoding="utf-8")
    shown = processor("import", str(file), "--dry-run").out
    assert "~ task default / Hourly\n    schedule.max_interval: 2d -> 3d\n0 created, 1 changed" in shown


def test_an_export_to_a_file_replaces_it_as_a_whole(processor: Processor, file: Path, tmp_path: Path) -> None:
    processor("import", str(file))
    output = tmp_path / "out.yaml"
    output.write_text("old")
    said = processor("export", "--output", str(output))
    assert (said.code, said.out) == (0, "")
    assert output.read_text(encoding="utf-8") == processor("export").out
    assert stat.S_IMODE(output.stat().st_mode) == 0o644
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith("tmp")) == []


def test_json_goes_by_the_option_or_the_name_of_the_file(processor: Processor, tmp_path: Path) -> None:
    processor("export", "--output", str(tmp_path / "out.json"))
    assert (tmp_path / "out.json").read_text(encoding="utf-8") == processor("export", "--json").out
    assert processor("export", "--json").json["version"] == 1


def test_one_store_can_be_exported_alone(processor: Processor) -> None:
    processor("stores", "create", "--name", "team")
    assert [each["name"] for each in processor("export", "--json").json["stores"]] == ["default", "team"]
    assert [each["name"] for each in processor("export", "--store", "team", "--json").json["stores"]] == ["team"]


def test_files_that_cannot_be_read_or_written_are_one_line(processor: Processor, tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"version: 1 # \xff")
    for arguments, said in [
        (("import", str(tmp_path / "none.yaml")), "cannot be read (No such file or directory)"),
        (("import", str(tmp_path)), "cannot be read (Is a directory)"),
        (("import", str(tmp_path / "latin.yaml")), "no text in UTF-8"),
        (("export", "--output", str(tmp_path / "no" / "out.yaml")), "cannot be written (No such file or directory)"),
        (("export", "--store", "nobody"), "There is no store 'nobody'"),
    ]:
        outcome = processor(*arguments)
        assert (outcome.code, outcome.out) == (1, ""), arguments
        assert said in outcome.err
        assert outcome.err.count("\n") == 1
