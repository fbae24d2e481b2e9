import re
import sys
from pathlib import Path

import pytest

from processor.cli.main import main
from processor.storage import sqlite_library
from tests.integration.cli.conftest import Processor


def checks(shown: dict[str, object]) -> dict[str, tuple[str, str]]:
    found = shown["checks"]
    assert isinstance(found, list)
    return {check["name"]: (check["verdict"], check["said"]) for check in found}


def test_a_sound_installation_is_healthy(processor: Processor, sqlite_url: str) -> None:
    shown = processor("doctor", "--json").json
    found = checks(shown)
    assert shown["healthy"] is True
    assert found["database"] == ("ok", sqlite_url)
    assert found["schema"] == ("ok", "up to date")
    assert found["writable"] == ("ok", "yes")
    assert found["SQLite library"][1].startswith(sqlite_library.sqlite.sqlite_version)
    assert "no LLM is called" in found["credential"][1]
    settings = {setting["name"]: setting for setting in shown["settings"]}
    assert settings["model"] == {"name": "model", "value": "rehearsal", "source": "PROCESSOR_MODEL"}
    assert settings["max_concurrency"]["source"] == "default"


def test_people_get_tables(processor: Processor) -> None:
    outcome = processor("doctor")
    assert outcome.code == 0
    assert "max_concurrency" in outcome.out
    assert "PROCESSOR_MODEL" in outcome.out


def test_postgres_is_checked_with_its_clock_and_without_its_password(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, processor: Processor
) -> None:
    monkeypatch.setenv("PROCESSOR_DATABASE_URL", postgres_url)
    shown = processor("doctor", "--json").json
    found = checks(shown)
    assert found["schema"][0] == found["writable"][0] == "ok"
    assert "between this host and the database" in found["clock"][1]


def test_a_clock_that_is_off_is_wrong(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, processor: Processor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clock = tmp_path_factory.mktemp("clock") / "clock"
    clock.write_text("1794819600\n1794820600\n")
    monkeypatch.setenv("PROCESSOR_DATABASE_URL", postgres_url)
    monkeypatch.setenv("PROCESSOR_CLOCK_FILE", str(clock))
    outcome = processor("doctor")
    assert outcome.code == 1
    assert "1000 s between this host and the database" in outcome.out


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PROCESSOR_DATABASE_URL", "mysql://me:hunter2@db/x", "sqlite:///path/to/file.db"),
        ("PROCESSOR_DATABASE_URL", "sqlite:////nowhere/at/all.db", "processor db migrate"),
        ("PROCESSOR_MAX_CONCURRENCY", "lots", "PROCESSOR_MAX_CONCURRENCY must be a whole number"),
        ("PROCESSOR_MODEL", "anthropic", "ANTHROPIC_API_KEY"),
    ],
)
def test_what_is_wrong_is_said_and_the_exit_code_is_1(
    processor: Processor, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    outcome = processor("doctor")
    assert outcome.code == 1
    assert said in outcome.out
    assert "hunter2" not in outcome.out


def test_a_folder_is_no_database(processor: Processor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROCESSOR_DATABASE_URL", f"sqlite:///{tmp_path}")
    outcome = processor("doctor")
    assert outcome.code == 1
    assert re.search(r"^wrong +database +sqlite:///.* is a folder", outcome.out, re.MULTILINE)


def test_a_key_in_the_environment_is_found_without_importing_the_package(
    processor: Processor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCESSOR_MODEL", "anthropic")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-not-to-be-shown")
    before = "anthropic" in sys.modules
    outcome = processor("doctor")
    assert outcome.code == 0
    assert "ANTHROPIC_API_KEY is set" in outcome.out
    assert "not-to-be-shown" not in outcome.out
    assert ("anthropic" in sys.modules) == before


def test_an_old_sqlite_library_is_a_warning(processor: Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processor.cli.doctor.FIRST_FIXED_VERSION", (99, 0, 0))
    shown = processor("doctor", "--json").json
    assert shown["healthy"] is True
    assert checks(shown)["SQLite library"][0] == "warning"


def test_on_render_sqlite_is_wrong_and_postgres_is_right(
    processor: Processor, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.setenv("RENDER", "true")
    assert "set DATABASE_URL" in processor("doctor").out
    monkeypatch.setenv("PROCESSOR_DATABASE_URL", postgres_url)
    assert "Render" in checks(processor("doctor", "--json").json)


def test_looking_changes_nothing(processor: Processor, sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    before = dump(path)
    main(["doctor"])
    assert dump(path) == before


def dump(path: str) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite_library.sqlite.connect(path)
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    finally:
        connection.close()


def test_a_variable_that_nothing_reads_is_a_warning(processor: Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks(processor("doctor", "--json").json)["environment"][0] == "ok"
    monkeypatch.setenv("PROCESSOR_MODLE", "a secret")
    outcome = processor("doctor", "--json")
    verdict, said = checks(outcome.json)["environment"]
    assert (verdict, "did you mean PROCESSOR_MODEL?" in said, "a secret" in said) == ("warning", True, False)
    assert outcome.err == "", "once is enough"


def test_peoples_commands_begin_with_a_line_about_it(processor: Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSOR_MODLE", "a secret")
    outcome = processor("tasks", "list", "--json")
    assert outcome.json == []
    assert outcome.err.splitlines() == [
        "Ignored, because the program has no such setting: PROCESSOR_MODLE (did you mean PROCESSOR_MODEL?)"
    ]
