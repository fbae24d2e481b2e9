from pathlib import Path

import pytest

from processor.storage.migrate import migrations
from tests.integration.cli.conftest import Processor

SHIPPED = migrations("sqlite")


@pytest.fixture
def _no_database(monkeypatch: pytest.MonkeyPatch, processor: Processor, tmp_path: Path) -> None:
    monkeypatch.setenv("PROCESSOR_DATABASE_URL", f"sqlite:///{tmp_path}/fresh/x.db")


@pytest.mark.usefixtures("_no_database")
def test_before_the_first_migration_every_command_names_it(processor: Processor, tmp_path: Path) -> None:
    for arguments in (["tasks", "list"], ["runs", "list"], ["process"], ["start"], ["stores", "create", "--name", "x"]):
        outcome = processor(*arguments)
        assert (outcome.code, outcome.out) == (78, "")
        assert "processor db migrate" in outcome.err
    assert not (tmp_path / "fresh").exists()


@pytest.mark.usefixtures("_no_database")
def test_status_shows_what_is_pending_without_making_anything(processor: Processor, tmp_path: Path) -> None:
    rows = processor("db", "status", "--json").json
    assert [(row["version"], row["applied_at"]) for row in rows] == [(each.version, None) for each in SHIPPED]
    assert "pending" in processor("db", "status").out
    assert not (tmp_path / "fresh").exists()


@pytest.mark.usefixtures("_no_database")
def test_migrating_makes_the_database_and_can_be_repeated(processor: Processor) -> None:
    assert processor("db", "migrate", "--json").json["applied"] == [
        f"{each.version:04} {each.name}" for each in SHIPPED
    ]
    assert processor("db", "migrate", "--json").json["applied"] == []
    assert "up to date" in processor("db", "migrate").out
    assert processor("db", "status", "--json").json[0]["applied_at"] is not None
    assert [store["name"] for store in processor("stores", "list", "--json").json] == ["default"]
