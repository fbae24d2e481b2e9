"""What looks like a secret is never shown: keys, bearer tokens, authorisation headers, passwords in URLs."""

import re

MASK = "***"
_WORD = r"[^\s\"',;}\]]+"
_PATTERNS = [
    re.compile(r"()\bsk-[A-Za-z]+-[A-Za-z0-9_-]{4,}"),
    re.compile(
        rf"(?i)((?:authorization|x-api-key|api[_-]?key|password|passwd|secret)[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?){_WORD}"
    ),
    re.compile(rf"(?i)(\bbearer\s+){_WORD}"),
    re.compile(r"([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/]+(?=@)"),
]


def redacted(text: str) -> str:
    """The same text with every secret that can be recognised replaced by `***`."""
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text
