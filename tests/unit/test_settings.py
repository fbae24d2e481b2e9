from pathlib import Path

import pytest
from pydantic import ValidationError

from processor.errors import ConfigurationError
from processor.settings import Settings, file_keys, is_mapping, load_settings, variables


def load(folder: Path, text: str | bytes | None = None, **environment: str) -> Settings:
    if text is not None:
        (folder / "processor.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings({"PROCESSOR_ROOT": str(folder), **environment})


def refusal(folder: Path, text: str | bytes | None = None, **environment: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        load(folder, text, **environment)
    message = str(raised.value)
    assert "\n" not in message
    return message


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/data/processor.db"
    assert settings.stop_file == f"{tmp_path}/.processor_stop"
    assert (settings.model, settings.script, settings.anthropic_base_url) == ("anthropic", None, None)
    assert (settings.max_concurrency, settings.window_seconds, settings.horizon_seconds) == (5, 600, 86_400)
    assert (settings.tick_seconds, settings.lease_seconds, settings.stop) == (240, 120, False)


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    settings = load(tmp_path, "max_concurrency: 7\nwindow_seconds: 900\n", PROCESSOR_MAX_CONCURRENCY="9")
    assert (settings.max_concurrency, settings.window_seconds, settings.tick_seconds) == (9, 900, 240)


def test_every_setting_says_where_it_comes_from(tmp_path: Path) -> None:
    settings = load(tmp_path, "# mine\nwindow_seconds: 900\n", PROCESSOR_MAX_CONCURRENCY="9")
    origins = {name: origin for name, _, origin in settings.effective()}
    assert origins["max_concurrency"] == "PROCESSOR_MAX_CONCURRENCY"
    assert origins["window_seconds"] == f"{tmp_path}/processor.yaml, line 2"
    assert origins["tick_seconds"] == "default"


def test_passwords_are_masked_where_settings_are_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, DATABASE_URL="postgres://me:hunter2@db/name")
    shown = {name: value for name, value, _ in settings.effective()}
    assert shown["database_url"] == "postgres://me:***@db/name"
    assert settings.database_url == "postgres://me:hunter2@db/name"


def test_our_own_database_variable_goes_before_the_general_one(tmp_path: Path) -> None:
    both = {"PROCESSOR_DATABASE_URL": "postgresql://ours/x", "DATABASE_URL": "postgresql://general/x"}
    assert load(tmp_path, **both).database_url == "postgresql://ours/x"
    assert load(tmp_path, DATABASE_URL="postgresql://general/x").database_url == "postgresql://general/x"


def test_variables_that_only_sound_like_a_setting_are_not_taken(tmp_path: Path) -> None:
    settings = load(tmp_path, MODEL="gpt", ROOT="/elsewhere", SCRIPT="x", processor_max_concurrency="9")
    assert (settings.model, settings.root, settings.script, settings.max_concurrency) == (
        "anthropic",
        str(tmp_path),
        None,
        5,
    )


@pytest.mark.parametrize("value", ["", "${NOTHING:-}", "~"])
def test_an_empty_value_counts_as_none(tmp_path: Path, value: str) -> None:
    assert load(tmp_path, f"max_concurrency: {value}\n", PROCESSOR_WINDOW_SECONDS="").max_concurrency == 5


def test_an_empty_file_is_fine(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing yet\n").max_concurrency == 5


def test_variables_are_expanded_in_the_file(tmp_path: Path) -> None:
    text = "database_url: postgresql://${USER_NAME}:${WORD}@${HOST:-localhost}/x\nmax_concurrency: ${AT_ONCE:-8}\n"
    settings = load(tmp_path, text, USER_NAME="me", WORD="pass")
    assert settings.database_url == "postgresql://me:pass@localhost/x"
    assert settings.max_concurrency == 8


def test_a_variable_without_value_and_default_is_named(tmp_path: Path) -> None:
    message = refusal(tmp_path, "model: ${WHICH}\n")
    assert message == f"{tmp_path}/processor.yaml, line 1: WHICH is not set: set it, or write ${{WHICH:-default}}"


def test_relative_paths_count_from_the_root(tmp_path: Path) -> None:
    text = "database_url: sqlite:///db/x.db\nstop_file: halt\n"
    settings = load(tmp_path, text, PROCESSOR_SCRIPT="answers.json")
    assert settings.database_url == f"sqlite:///{tmp_path}/db/x.db"
    assert (settings.stop_file, settings.script) == (f"{tmp_path}/halt", f"{tmp_path}/answers.json")


def test_absolute_paths_stay(tmp_path: Path) -> None:
    settings = load(tmp_path, PROCESSOR_DATABASE_URL="sqlite:////srv/x.db", PROCESSOR_STOP_FILE="/run/halt")
    assert (settings.database_url, settings.stop_file) == ("sqlite:////srv/x.db", "/run/halt")


def test_without_a_root_paths_count_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({}).stop_file == f"{tmp_path}/.processor_stop"


def test_the_configuration_can_have_another_name(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("max_concurrency: 3\n")
    assert load(tmp_path, "max_concurrency: 4\n", PROCESSOR_CONFIG="other.yaml").max_concurrency == 3


@pytest.mark.parametrize(("value", "stop"), [("1", True), ("no", True), ("0", False), (" 0 ", False), ("", False)])
def test_anything_but_empty_or_zero_stops(tmp_path: Path, value: str, stop: bool) -> None:  # noqa: FBT001
    assert load(tmp_path, PROCESSOR_STOP=value).stop_requested is stop


def test_the_stop_file_stops_as_soon_as_it_is_there(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.stop_requested is False
    (tmp_path / ".processor_stop").touch()
    assert settings.stop_requested is True


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("PROCESSOR_MAX_CONCURRENCY", "0", "a whole number from 1 to 1000"),
        ("PROCESSOR_MAX_CONCURRENCY", "1001", "a whole number from 1 to 1000"),
        ("PROCESSOR_MAX_CONCURRENCY", "lots", "a whole number from 1 to 1000"),
        ("PROCESSOR_WINDOW_SECONDS", "59", "a whole number from 60 to 31536000"),
        ("PROCESSOR_TICK_SECONDS", "0", "a whole number from 1 to 31536000"),
        ("PROCESSOR_LEASE_SECONDS", "-1", "a whole number from 1 to 31536000"),
        ("PROCESSOR_MODEL", "gpt", "one of anthropic, rehearsal, scripted"),
    ],
)
def test_a_bad_variable_is_named_with_what_it_must_be(tmp_path: Path, variable: str, value: str, wanted: str) -> None:
    assert refusal(tmp_path, **{variable: value}) == f"{variable} must be {wanted}, not '{value}': correct it there"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nmax_concurrency: 0\n", "line 2: 'max_concurrency' must be a whole number from 1 to 1000, not '0'"),
        ("max_concurrency: true\n", "line 1: 'max_concurrency' must be a whole number from 1 to 1000, not 'True'"),
        ("max_concurrency: [1]\n", "line 1: 'max_concurrency' must be a whole number from 1 to 1000, not a list"),
        ("database_url: 5\n", "line 1: 'database_url' must be a text, not '5'"),
        ("stop: 7\n", "line 1: 'stop' must be true or false, not '7'"),
        ("stop_file: 2026-13-45\n", "line 1: '2026-13-45' cannot be understood: put it in quotes"),
        ("max_concurency: 3\n", "line 1: 'max_concurency' is no setting: did you mean 'max_concurrency'?"),
        ("colour: red\n", "line 1: 'colour' is no setting: known are database_url, model"),
        ("? [a]\n: 1\n", "line 1: '…' is no setting"),
        ("root: /x\n", "line 1: 'root' is read from the environment only: set PROCESSOR_ROOT there"),
        ("script: a.json\n", "line 1: 'script' is read from the environment only: set PROCESSOR_SCRIPT there"),
        ("model: anthropic\nmodel: rehearsal\n", "line 2: 'model' is given twice"),
        ("- a\n", "line 1: lines of 'name: value' are expected here"),
        ("a: : b\n", "line 1: this is no valid YAML"),
        ("a: 1\n---\nb: 2\n", "line 2: this is no valid YAML"),
        (b"\xff\xfe\x00", "this is no valid YAML"),
    ],
)
def test_a_bad_file_is_named_with_line_key_and_what_to_do(tmp_path: Path, text: str | bytes, said: str) -> None:
    message = refusal(tmp_path, text)
    assert message.startswith(f"{tmp_path}/processor.yaml")
    assert said in message


def test_a_named_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, PROCESSOR_CONFIG="nowhere.yaml")
    assert message.startswith(f"The configuration {tmp_path}/nowhere.yaml cannot be read")


def test_a_refusal_shows_no_password(tmp_path: Path) -> None:
    assert "hunter2" not in refusal(tmp_path, "max_concurrency: postgresql://me:hunter2@db/x\n")


def test_settings_do_not_change_while_the_program_runs(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(ValidationError):
        settings.max_concurrency = 6


def test_every_key_of_the_file_has_its_variable_unless_it_is_a_mapping() -> None:
    keys = [key for key in file_keys() if not is_mapping(key)]
    assert {key: variables(key)[0] for key in keys} == {key: f"PROCESSOR_{key.upper()}" for key in keys}
    assert {variables(key) for key in file_keys() if is_mapping(key)} == {()}
