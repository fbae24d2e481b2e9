from pathlib import Path

import pytest

from processor.errors import ConfigurationError
from processor.settings_file import Given, given, lines
from tests.unit.test_settings import load, refusal


def read(folder: Path, text: str, **environment: str) -> dict[str, Given]:
    path = folder / "any.yaml"
    path.write_text(text)
    return {key: given(node, str(path), where, environment) for key, where, node in lines(str(path))}


def test_values_may_lie_within_each_other_and_each_knows_its_line(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path, "retries:\n  standard:\n    most: 3\n    on:\n      - timeout\n      - ${SORT}\n", SORT="reset"
    ).values()
    assert found.value == {"standard": {"most": 3, "on": ["timeout", "reset"]}}
    file = f"{tmp_path}/any.yaml, line"
    assert found.origin == f"{file} 1"
    assert found.place(("standard", "most")) == (("standard", "most"), f"{file} 3")
    assert found.place(("standard", "on", 1)) == (("standard", "on", 1), f"{file} 6")


def test_what_has_no_place_stands_where_the_nearest_value_around_it_does(tmp_path: Path) -> None:
    found = read(tmp_path, "a:\n  b: 1\n")["a"]
    assert found.place(("b", "[key]")) == (("b",), f"{tmp_path}/any.yaml, line 2")
    assert found.place(("x", "y")) == ((), f"{tmp_path}/any.yaml, line 1")


def test_a_key_within_a_mapping_is_given_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="line 3: 'b' is given twice"):
        read(tmp_path, "a:\n  b: 1\n  b: 2\n")


def test_listeners_are_one_function_or_several_for_a_pattern(tmp_path: Path) -> None:
    text = "listeners:\n  job.failed: shop.tell:mail\n  task.*:\n    - shop.tell:mail\n    - ${WHO:-shop.tell:log}\n"
    settings = load(tmp_path, text)
    assert settings.listeners == {"job.failed": ["shop.tell:mail"], "task.*": ["shop.tell:mail", "shop.tell:log"]}
    shown = {name: (value, origin) for name, value, origin in settings.effective()}
    assert shown["listeners"][1] == f"{tmp_path}/processor.yaml, line 1"
    assert '"job.failed": ["shop.tell:mail"]' in shown["listeners"][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listeners: shop.tell:mail\n", "line 1: 'listeners' must be a mapping, not 'shop.tell:mail'"),
        ("listeners:\n  - a.b:c\n", "line 1: 'listeners' must be a mapping"),
        ("listeners:\n  task.tickled: a.b:c\n", "line 2: 'listeners.task.tickled' matches no event: "),
        (
            "listeners:\n  job.faild: a.b:c\n",
            "'listeners.job.faild' matches no event: did you mean job.failed?",
        ),
        (
            "listeners:\n  job.*:\n    - a.b:c\n    - a.b.c\n",
            "line 4: 'listeners.job.*.1' is 'a.b.c', but a listener is named 'package.module:function'",
        ),
        ("listeners:\n  job.*: 7\n", "line 2: 'listeners.job.*' is '7': input should be a valid list"),
        ("listeners:\n  job.*:\n    x: y\n", "line 2: 'listeners.job.*' is '{'x': 'y'}': input should be a valid list"),
    ],
)
def test_a_bad_listener_is_named_with_line_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    message = refusal(tmp_path, text)
    assert message.startswith(f"{tmp_path}/processor.yaml")
    assert said in message
