"""Texts of people, agents and files, on their way to a terminal."""

import re

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""All but tab and newline (ECMA-48); JSON escapes those up to U+001F by itself."""


def harmless(text: str) -> str:
    """The text without characters that command a terminal: agents and strangers may have written it."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
