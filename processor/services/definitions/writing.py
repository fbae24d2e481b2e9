"""Writes definitions as text: the same ones give the same bytes, and a change of a line is a line of a diff."""

import json
from typing import Any

import yaml

HEADING = (
    "# Stores, projects, jobs and tasks, for 'processor import'. Runs, passes, cards and secrets are not in here.\n"
)


class _Dumper(yaml.SafeDumper):
    """Lists stand under their key, and texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the hook's signature)
        return True


_OTHER_BREAKS = frozenset("\r\x85\u2028\u2029")
"""Line breaks to YAML that a block would turn into newlines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text or _OTHER_BREAKS.intersection(text):
        style = '"' if _OTHER_BREAKS.intersection(text) else "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(document: dict[str, Any]) -> str:
    """The document as YAML, with a heading that says what it is."""
    text = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=2**31
    )
    return HEADING + str(text)


def as_json(document: dict[str, Any]) -> str:
    """The document as JSON, one entry a line."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
