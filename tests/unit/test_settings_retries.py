from dataclasses import replace
from pathlib import Path

import pytest

from processor.rules.retry import CONSTANT, SHIPPED_DEFAULTS, STANDARD, RetryPolicy
from processor.rules.run_state import ErrorClass
from tests.unit.test_settings import load, refusal


def test_without_a_word_the_shipped_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path).retry_defaults == SHIPPED_DEFAULTS


def test_what_is_said_about_one_kind_leaves_the_rest_as_shipped(tmp_path: Path) -> None:
    text = (
        "retries:\n  agent:\n    max_retries: ${STARTS:-5}\n    multiplier: 1.5\n    on: [stuck, internal]\n"
        "  sequential:\n    max_retries: 1\n    jitter: true\n"
    )
    defaults = load(tmp_path, text).retry_defaults
    on = frozenset({ErrorClass.STUCK, ErrorClass.INTERNAL})
    assert defaults.agent == RetryPolicy(max_retries=5, multiplier=1.5, retry_on=on)
    assert defaults.sequential == replace(CONSTANT, max_retries=1, jitter=True)
    assert (defaults.endpoints, defaults.claude_code) == (STANDARD, STANDARD)
    assert load(tmp_path, text, STARTS="2").retry_defaults.agent.max_retries == 2


def test_the_effective_defaults_are_shown_with_the_line_where_they_stand(tmp_path: Path) -> None:
    settings = load(tmp_path, "# mine\nretries:\n  agent:\n    delay_seconds: 7\n")
    ((value, origin),) = [(value, origin) for name, value, origin in settings.effective() if name == "retries"]
    assert origin == f"{tmp_path}/processor.yaml, line 2"
    assert '"agent": {"max_retries": 3, "delay_seconds": 7' in value


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("max_retries: 11", "line 3: 'retries.agent.max_retries' is '11': input should be less than or equal to 10"),
        ("max_retries: true", "line 3: 'retries.agent.max_retries' must be a number, not true or false"),
        ("delay_seconds: -1", "'retries.agent.delay_seconds' is '-1': input should be greater than or equal to 0"),
        ("delay_seconds: soon", "'retries.agent.delay_seconds' is 'soon': input should be a valid integer"),
        ("multiplier: .nan", "'retries.agent.multiplier' is 'nan': input should be"),
        ("multiplier: 0.9", "'retries.agent.multiplier' is '0.9': input should be greater than or equal to 1"),
        ("cap_seconds: 86401", "'retries.agent.cap_seconds' is '86401': input should be less than or equal to 86400"),
        ("jitter: some", "'retries.agent.jitter' is 'some': input should be a valid boolean"),
        ("on: stuck", "'retries.agent.on' is 'stuck': input should be a valid list"),
        ("on: []", "'retries.agent.on' is '[]': list should have at least 1 item"),
        ("on: [bad_luck]", "'retries.agent.on.0' is wrong (The error class 'bad_luck' is not known: use some of"),
        ("on: [timed_out]", "'retries.agent.on.0' is wrong (No retry helps after timed_out, because this limit"),
        ("starts: 3", "line 3: 'retries.agent.starts' is no setting: correct it there"),
    ],
)
def test_what_cannot_be_is_named_with_its_line_and_remedy(tmp_path: Path, line: str, said: str) -> None:
    message = refusal(tmp_path, f"retries:\n  agent:\n    {line}\n")
    assert message.startswith(f"{tmp_path}/processor.yaml, line 3: ")
    assert said in message
    assert message.endswith("correct it there")


@pytest.mark.parametrize("text", ["retries: 3\n", "retries: [agent]\n", "retries:\n  robot:\n    max_retries: 3\n"])
def test_retries_are_said_for_a_kind_of_task(tmp_path: Path, text: str) -> None:
    assert "'retries" in refusal(tmp_path, text)
