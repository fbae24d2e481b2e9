"""What looks like a secret is never shown: keys, bearer tokens, authorisation headers, passwords in URLs."""

import functools
import re
from typing import Any

MASK = "***"
_WORD = r"[^\s\"',;}\]]+"
_NAMES = r"(?:proxy-)?authorization|x-api-key|api[_-]?key|password|passwd|secret"
_PATTERNS = [
    re.compile(r"()\bsk-[A-Za-z]+-[A-Za-z0-9_-]{4,}"),
    re.compile(rf"((?:{_NAMES})[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?){_WORD}", re.IGNORECASE),
    re.compile(rf"(\bbearer\s+)(?=\S*[0-9._-]){_WORD}", re.IGNORECASE),
    re.compile(r"([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/]+(?=@)"),
]
_SECRET_KEY = re.compile(rf".*(?:{_NAMES})$", re.IGNORECASE)
# Every pattern needs one of these, and most texts that are logged hold none.
_HINT = re.compile(r"sk-|bearer|authorization|api|passw|secret|://", re.IGNORECASE)


def redacted(text: str) -> str:
    """The same text with every secret that can be recognised replaced by `***`."""
    if _HINT.search(text) is None:
        return text
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def redacted_throughout(value: Any) -> Any:
    """The same JSON value with every text in it redacted, and whatever a key such as `password` names masked."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: _entry(key, each) for key, each in value.items()}
    return [redacted_throughout(each) for each in value] if isinstance(value, list | tuple) else value


def _entry(key: object, value: Any) -> Any:
    if isinstance(value, str) and isinstance(key, str) and _names_a_secret(key):
        return MASK
    return redacted_throughout(value)


@functools.lru_cache(maxsize=1_024)
def _names_a_secret(key: str) -> bool:
    return _SECRET_KEY.fullmatch(key) is not None
