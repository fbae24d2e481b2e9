"""`processor.yaml` as it was written: values of any depth, each with its place, and variables put in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from processor.errors import ConfigurationError

Path = tuple[str | int, ...]
"""How one gets to a value within another: keys, and positions in lists from 0."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Given:
    """A value as somebody wrote it, and where; `places` are those of the values within it."""

    value: Any
    origin: str
    places: Mapping[Path, str] = field(default_factory=dict)

    def place(self, path: Path) -> tuple[Path, str]:
        """The nearest value around a path of which we know where it stands, and that place."""
        while path and path not in self.places:
            path = path[:-1]
        return path, self.places.get(path, self.origin)


def lines(path: str) -> Iterator[tuple[str, str, yaml.Node]]:
    """The file's keys, each with its place and its value as YAML has it; raises ConfigurationError."""
    document = _document(path)
    return iter(()) if document is None else _keys(document, path)


def given(node: yaml.Node, path: str, origin: str, environment: Mapping[str, str]) -> Given:
    """The value that a node stands for; raises ConfigurationError."""
    places: dict[Path, str] = {}
    return Given(_Reader(path, environment, places).value(node, (), origin), origin, places)


class _Reader:
    """Makes values of nodes and notes where those stand."""

    def __init__(self, file: str, environment: Mapping[str, str], places: dict[Path, str]) -> None:
        self._file = file
        self._environment = environment
        self._places = places

    def value(self, node: yaml.Node, path: Path, where: str) -> Any:
        if path:
            self._places[path] = where
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(each, (*path, key), place) for key, place, each in _keys(node, self._file)}
        if isinstance(node, yaml.SequenceNode):
            items = enumerate(node.value)
            return [self.value(each, (*path, at), _place_of(self._file, each)) for at, each in items]
        return _expanded(_scalar(node, where), self._environment, where)


def _keys(node: yaml.MappingNode, file: str) -> Iterator[tuple[str, str, yaml.Node]]:
    seen = set()
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "…"
        where = _place_of(file, key_node)
        if key in seen:
            raise ConfigurationError(f"{where}: '{key}' is given twice: remove one of the two")
        seen.add(key)
        yield key, where, value_node


def _place_of(file: str, node: yaml.Node) -> str:
    return f"{file}, line {node.start_mark.line + 1}"


def _document(path: str) -> yaml.MappingNode | None:
    """The file's one mapping, nodes with their places; None if the file is empty."""
    try:
        with open(path, encoding="utf-8") as file:
            node = yaml.compose(file, Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigurationError(
            f"The configuration {path} cannot be read ({error.strerror}): correct PROCESSOR_CONFIG or the file"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}{_place(error)}: this is no valid YAML: correct it") from None
    if node is not None and not isinstance(node, yaml.MappingNode):
        raise ConfigurationError(f"{path}, line 1: lines of 'name: value' are expected here: correct it")
    return node


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f", line {mark.line + 1}"


def _scalar(node: yaml.Node, where: str) -> Any:
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):
        raise ConfigurationError(f"{where}: '{node.value}' cannot be understood: put it in quotes") from None


def _expanded(value: object, environment: Mapping[str, str], where: str) -> object:
    def replacement(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = environment.get(name) or default
        if found is None and name not in environment:
            raise ConfigurationError(f"{where}: {name} is not set: set it, or write ${{{name}:-default}}")
        return found or ""

    return _VARIABLE.sub(replacement, value) if isinstance(value, str) else value
