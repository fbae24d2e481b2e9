"""Reads a file of definitions: YAML or JSON whose every entry knows its line, so that an error can name it.

Stricter than YAML on purpose: no aliases (a small file could stand for a huge one), no key twice, and `yes`, `1:30`
or a date are the text that they look like.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import yaml

from processor.errors import InvalidInput

LONGEST_FILE = 20_000_000
"""Characters that are read at most."""
DEEPEST = 20
_UNPRINTABLE = re.compile(yaml.reader.Reader.NON_PRINTABLE.pattern + "|[\x85\u2028\u2029]")
"""What JSON allows in a string, and YAML refuses or takes for the end of a line."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file that is read, for errors."""

    name: str

    def refuse(self, line: int, problem: str) -> InvalidInput:
        """The error about a line; `problem` says what is wrong and what to do."""
        return InvalidInput(f"{self.name}, line {line}: {problem}")


class Entries(dict[str, Any]):
    """A mapping that knows where it stands, and where each of its keys does."""

    def __init__(self, source: Source, line: int) -> None:
        super().__init__()
        self.source = source
        self.line = line
        self.lines: dict[str, int] = {}

    def refuse(self, problem: str, key: str | None = None) -> InvalidInput:
        """The error about one of the keys, or about the whole."""
        return self.source.refuse(self.lines.get(key, self.line) if key is not None else self.line, problem)

    def require_known(self, thing: str, known: Collection[str]) -> None:
        """Raise InvalidInput for a key that a thing of this kind does not have."""
        for key in self:
            if key not in known:
                raise self.refuse(f"a {thing} has no {key[:60]!r}: correct it, known are {', '.join(known)}", key)

    def required(self, thing: str, key: str) -> Any:
        """The value of a key that must be there."""
        if self.get(key) is None:
            raise self.refuse(f"this {thing} has no {key}: give it one")
        return self[key]

    def several(self, key: str) -> "list[Entries]":
        """The mappings in the list under a key; none where the key is not there."""
        found = self.get(key)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(each, Entries) for each in found):
            raise self.refuse(f"'{key}' must be a list of entries, each with a name: correct it", key)
        return found


class _Loader(yaml.SafeLoader):
    """Only null, true, false and numbers are more than text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})$"), _first)


def read(text: str, name: str) -> Entries:
    """The one mapping that the text holds; raises InvalidInput that names file, line and remedy."""
    source = Source(name)
    if text.lstrip("\ufeff \n\r\t").startswith("{"):
        text = _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\t", " "))
    if len(text) > LONGEST_FILE:
        raise source.refuse(1, f"the file has {len(text):,} characters: at most {LONGEST_FILE:,} are read, split it")
    try:
        node = _composed(text, source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        said = getattr(error, "problem", None) or "this is no valid YAML or JSON"
        raise source.refuse(line, f"{said}: correct it") from None
    if not isinstance(node, yaml.MappingNode):
        raise source.refuse(1, "lines like 'version: 1' and 'stores:' are expected here: see 'processor export'")
    found = _built(node, source)
    assert isinstance(found, Entries)  # noqa: S101 (a mapping becomes nothing else)
    return found


def _composed(text: str, source: Source) -> yaml.Node | None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise source.refuse(line, "aliases (*name) are not read: write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise source.refuse(line, f"this is nested more than {DEEPEST} deep: take some levels away")
    node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    return node


def _built(node: yaml.Node, source: Source) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, source)
    if isinstance(node, yaml.SequenceNode):
        return [_built(each, source) for each in node.value]
    return _scalar(node, source)


def _mapping(node: yaml.MappingNode, source: Source) -> Entries:
    entries = Entries(source, node.start_mark.line + 1)
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise source.refuse(line, "a key must be a plain word: correct it")
        key = str(key_node.value)
        if key in entries:
            raise source.refuse(line, f"{key[:60]!r} is given twice: remove one of the two")
        entries[key] = _built(value_node, source)
        entries.lines[key] = line
    return entries


def _scalar(node: yaml.Node, source: Source) -> Any:
    try:
        value = _Loader("").construct_object(node)
    except (yaml.YAMLError, ValueError):
        line = node.start_mark.line + 1
        raise source.refuse(line, f"{str(node.value)[:40]!r} cannot be understood: put it in quotes") from None
    return _joined(value) if isinstance(value, str) else value


def _joined(text: str) -> str:
    r"""The text with pairs of surrogates, which JSON may write as `\ud83d\ude00`, as the characters that they mean."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
