"""Files of definitions: read with their lines, written so that they are read as what they were."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from processor.errors import InvalidInput
from processor.services.definitions.document import Entries, read
from processor.services.definitions.writing import as_json, as_yaml

TEXTS = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
VALUES = some.one_of(
    some.none(), some.booleans(), some.integers(-(10**12), 10**12), TEXTS, some.lists(TEXTS, max_size=3)
)
DOCUMENTS = some.dictionaries(some.text("abcdefgh_", min_size=1), VALUES, min_size=1, max_size=6)


@given(DOCUMENTS)
def test_what_is_written_is_read_again(document: dict[str, Any]) -> None:
    for text in (as_yaml(document), as_json(document), json.dumps(document), json.dumps(document, indent="\t")):
        assert json.loads(json.dumps(read(text, "tasks.yaml"))) == document


def test_words_that_look_like_something_else_stay_words() -> None:
    found = read("a: yes\nb: 1:30\nc: 2026-11-21T09:00:00Z\nd: 0777\ne: on\nf: 1e5\ng: .5\n", "tasks.yaml")
    assert list(found.values()) == ["yes", "1:30", "2026-11-21T09:00:00Z", "0777", "on", "1e5", ".5"]


def test_every_key_knows_its_line() -> None:
    found = read("version: 1\nstores:\n  - name: default\n    jobs:\n      - name: Job\n", "tasks.yaml")
    job: Entries = found["stores"][0]["jobs"][0]
    assert (found.lines["stores"], job.lines["name"]) == (2, 5)
    assert str(job.refuse("wrong: correct it", "name")) == "tasks.yaml, line 5: wrong: correct it"


def test_texts_of_several_lines_are_blocks() -> None:
    text = as_yaml({"prompt": "First line\nSecond line\n"})
    assert text.endswith("prompt: |\n  First line\n  Second line\n")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: [1", 1, "expected ',' or ']'"),
        ("b: 1\na: *x", 2, "aliases"),
        ("a: &x 1\nb: *x", 2, "aliases"),
        ("a: 1\nb: 2\na: 3", 3, "'a' is given twice"),
        ("- 1", 1, "'version: 1'"),
        ("", 1, "'version: 1'"),
        ("x: !!python/object:os.system 1", 1, "cannot be understood"),
        ("a: \0", 1, "no valid YAML or JSON"),
        ("? [a]\n: 1", 1, "a plain word"),
        ("a: " + "[" * 5_000 + "]" * 5_000, 1, "more than 20 deep"),
        ("a: 1\n\tb: 2", 2, "correct it"),
        ('{"a": 1,\n "a": 2}', 2, "'a' is given twice"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(text, "tasks.yaml")
    assert str(refused.value).startswith(f"tasks.yaml, line {line}: ")
    assert said in str(refused.value)


def test_unknown_keys_and_wrong_lists_are_refused() -> None:
    found = read("name: x\ncron: 1\ntasks: 3", "tasks.yaml")
    with pytest.raises(InvalidInput, match="line 2: a store has no 'cron'"):
        found.require_known("store", ["name", "tasks"])
    with pytest.raises(InvalidInput, match="line 3: 'tasks' must be a list"):
        found.several("tasks")
    with pytest.raises(InvalidInput, match="line 1: this store has no misfire"):
        found.required("store", "misfire")
