"""render.yaml against what Render's cron jobs, databases and environment groups can do."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
# What the published schema of Blueprints knows for a cron job: no disk, no health check, no pre-deploy command.
CRON_FIELDS = {
    *("type", "name", "region", "plan", "runtime", "schedule", "buildCommand", "startCommand", "dockerCommand"),
    *("dockerfilePath", "dockerContext", "registryCredential", "repo", "branch", "image", "envVars", "buildFilter"),
    *("rootDir", "autoDeploy", "autoDeployTrigger"),
}


@pytest.fixture(scope="module")
def blueprint() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "render.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture
def cron(blueprint: dict[str, Any]) -> dict[str, Any]:
    (service,) = [service for service in blueprint["services"] if service["type"] == "cron"]
    assert isinstance(service, dict)
    return service


def variables(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["key"]: entry for entry in service["envVars"] if "key" in entry}


def test_the_cron_job_ticks_every_five_minutes(cron: dict[str, Any]) -> None:
    assert cron["schedule"] == "*/5 * * * *"


def test_the_cron_job_asks_for_nothing_that_render_has_not_for_it(cron: dict[str, Any]) -> None:
    assert set(cron) <= CRON_FIELDS
    assert "disk" not in cron


def test_the_database_is_postgres_by_reference_and_near_the_service(
    blueprint: dict[str, Any], cron: dict[str, Any]
) -> None:
    (database,) = blueprint["databases"]
    assert variables(cron)["DATABASE_URL"]["fromDatabase"] == {
        "name": database["name"],
        "property": "connectionString",
    }
    assert database["region"] == cron["region"]
    assert database["ipAllowList"] == []
    assert database["plan"] != "free", "Render deletes free databases after a month"


def test_the_schema_is_migrated_before_a_version_is_deployed(cron: dict[str, Any]) -> None:
    assert cron["buildCommand"].endswith("scripts/processor db migrate")


def test_the_commands_are_scripts_that_exist(cron: dict[str, Any]) -> None:
    for command in (cron["buildCommand"], cron["startCommand"]):
        assert os.access(ROOT / command.split()[0], os.X_OK)


def test_every_service_asks_for_its_own_key_and_nothing_secret_is_kept_here(blueprint: dict[str, Any]) -> None:
    for service in blueprint["services"]:
        assert variables(service)["ANTHROPIC_API_KEY"] == {"key": "ANTHROPIC_API_KEY", "sync": False}


def test_the_environment_group_holds_plain_text_and_every_service_uses_it(blueprint: dict[str, Any]) -> None:
    (group,) = blueprint["envVarGroups"]
    for entry in group["envVars"]:
        assert set(entry) == {"key", "value"}
        assert isinstance(entry["value"], str)
    assert all({"fromGroup": group["name"]} in service["envVars"] for service in blueprint["services"])


def test_no_variable_is_set_twice(blueprint: dict[str, Any]) -> None:
    (group,) = blueprint["envVarGroups"]
    shared = {entry["key"] for entry in group["envVars"]}
    for service in blueprint["services"]:
        assert shared.isdisjoint(variables(service))


def test_pull_requests_make_no_previews(blueprint: dict[str, Any]) -> None:
    # Unquoted, YAML 1.1 reads `off` as false, which is no value of this field.
    assert blueprint["previews"] == {"generation": "off"}
