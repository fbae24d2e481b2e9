import json
from pathlib import Path

import pytest

from processor.errors import ConfigurationError, ModelUnavailable, ProviderRefused
from processor.llm.anthropic_model import AnthropicModel, credential_problem, open_model
from tests.integration.llm.calling import Sleeps, ask, with_model
from tests.integration.llm.fault_server import FaultServer, error_answer

FEDERATION = {
    "ANTHROPIC_FEDERATION_RULE_ID": "fdrl_1",
    "ANTHROPIC_ORGANIZATION_ID": "11111111-1111-4111-8111-111111111111",
    "ANTHROPIC_IDENTITY_TOKEN": "header.payload.signature",
}


def write_profile(home: Path, text: str) -> None:
    configs = home / ".config" / "anthropic" / "configs"
    configs.mkdir(parents=True)
    (configs / "default.json").write_text(text)


def test_nothing_set_is_no_credential() -> None:
    assert "set ANTHROPIC_API_KEY" in str(credential_problem())


def test_a_model_does_not_open_without_a_credential() -> None:
    with pytest.raises(ConfigurationError, match="set ANTHROPIC_API_KEY"):
        open_model(5)


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
def test_a_key_or_a_token_is_a_credential(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "sk-ant-test-key")

    assert credential_problem() is None


def test_an_empty_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "")

    assert "set ANTHROPIC_API_KEY" in str(credential_problem())


@pytest.mark.parametrize("key", ["sk-ant-test-key\n", " sk-ant-test-key", "sk-ant-tést-key"])
def test_a_key_that_no_header_can_carry_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)

    assert "ANTHROPIC_API_KEY holds blanks" in str(credential_problem())
    assert key.strip() not in str(credential_problem())


def test_federation_in_the_environment_is_a_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FEDERATION.items():
        monkeypatch.setenv(name, value)

    assert credential_problem() is None


def test_half_a_federation_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_FEDERATION_RULE_ID", "fdrl_1")

    assert "set ANTHROPIC_API_KEY" in str(credential_problem())


def test_a_profile_on_disk_is_a_credential(tmp_path: Path) -> None:
    write_profile(tmp_path, json.dumps({"authentication": {"type": "user_oauth"}}))

    assert credential_problem() is None


def test_a_broken_profile_that_nobody_chose_is_none(tmp_path: Path) -> None:
    write_profile(tmp_path, "{")

    assert "set ANTHROPIC_API_KEY" in str(credential_problem())


def test_a_chosen_profile_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_PROFILE", "nobody")

    assert "nobody" in str(credential_problem())


def test_a_header_of_ones_own_is_a_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Api-Key: local")

    assert credential_problem() is None


@pytest.mark.parametrize("url", ["garbage", "ftp://127.0.0.1", "http://127.0.0.1:port"])
def test_an_address_that_is_none_is_a_mistake_in_the_configuration(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", url)

    with pytest.raises(ConfigurationError):
        open_model(5)


def test_a_profile_that_yields_no_token_refuses_all_calls(
    faults: FaultServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    write_profile(tmp_path, json.dumps({"authentication": {"type": "user_oauth"}}))

    async def use(model: AnthropicModel) -> None:
        for _ in range(2):
            with pytest.raises(ProviderRefused, match="Credentials file not found"):
                await ask(model)

    with_model(use)
    assert faults.requests == []


def test_an_identity_provider_that_cannot_be_reached_is_waited_for(
    faults: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    for name, value in FEDERATION.items():
        monkeypatch.setenv(name, value)
    sleeps = Sleeps()

    with pytest.raises(ModelUnavailable, match="no token from the identity provider"):
        with_model(ask, sleep=sleeps)

    assert len(sleeps.seconds) == 4


def test_an_identity_provider_that_says_no_refuses_all_calls(
    faults: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    faults.answers = [error_answer(401)]
    for name, value in FEDERATION.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ProviderRefused) as raised:
        with_model(ask)

    assert FEDERATION["ANTHROPIC_IDENTITY_TOKEN"] not in str(raised.value)
