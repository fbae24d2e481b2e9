"""Checks of what people and agents hand in; each returns the value as it is stored, or raises InvalidInput."""

import secrets
import time
import uuid
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from processor.errors import InvalidInput, NotFound

NANO = 1_000_000_000
MOST_USD = 1_000_000
ALL = 2**63 - 1


class Bounds(NamedTuple):
    """The least and the most that a number may be."""

    least: int
    most: int


def new_id() -> str:
    """An id for a new row, a UUID of version 7 (RFC 9562): what one process makes lists in the order of its making."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    ordered = milliseconds << 80 | 0x7 << 76 | (rest * 4096 // 1_000_000) << 64
    return str(uuid.UUID(int=ordered | 0b10 << 62 | secrets.randbits(62)))


def known_id(given: str, thing: str) -> str:
    """The id in the form that the database holds; what is no id names nothing, so it raises NotFound."""
    try:
        return str(uuid.UUID(given))
    except (ValueError, AttributeError, TypeError):
        raise unknown(thing, given) from None


def unknown(thing: str, given: object) -> NotFound:
    return NotFound(f"There is no {thing} {str(given)[:60]!r} in this store: list them to find its id")


def text(given: object, name: str, longest: int) -> str:
    """Text as it came; both databases hold UTF-8 without the NUL character."""
    if not isinstance(given, str):
        raise InvalidInput(f"The {name} must be text")
    if len(given) > longest:
        raise InvalidInput(f"The {name} has {len(given):,} characters: at most {longest:,} fit, shorten it")
    if "\0" in given or not _is_unicode(given):
        raise InvalidInput(f"The {name} holds a character that cannot be stored: remove NUL and broken characters")
    return given


def _is_unicode(given: str) -> bool:
    """Half a surrogate pair has no UTF-8."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def filled(given: object, name: str, longest: int) -> str:
    """Text without blanks around it, and not empty."""
    stripped = text(given, name, longest).strip()
    if not stripped:
        raise InvalidInput(f"The {name} is empty: give one")
    return stripped


def one_line(given: object, name: str, longest: int) -> str:
    """Text for titles and names: not empty, each run of white space one blank."""
    return " ".join(filled(given, name, longest).split())


def choice(given: object, name: str, choices: Collection[str]) -> str:
    if not isinstance(given, str) or given not in choices:
        raise InvalidInput(f"The {name} {str(given)[:40]!r} is not known: use one of {', '.join(choices)}")
    return given


def number(given: object, name: str, bounds: Bounds) -> int:
    wrong = "is no whole number" if isinstance(given, bool) or not isinstance(given, int) else "is out of range"
    if isinstance(given, bool) or not isinstance(given, int) or not bounds.least <= given <= bounds.most:
        raise InvalidInput(f"The {name} {str(given)[:40]!r} {wrong}: use {bounds.least} to {bounds.most}")
    return given


def limit(given: int | None) -> int:
    """How many rows a list may have; None stands for all."""
    return ALL if given is None else number(given, "limit", Bounds(1, ALL))


def nanousd(given: object, name: str) -> int:
    """Nano-dollars of an amount in USD: a number, or text that holds one."""
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        raise InvalidInput(f"The {name} {str(given)[:40]!r} is no amount: write it in USD, like 0.25") from None
    if isinstance(given, bool) or not amount.is_finite() or not 0 <= amount <= MOST_USD:
        raise InvalidInput(f"The {name} {str(given)[:40]!r} is out of range: use 0 to {MOST_USD:,} USD")
    if amount * NANO % 1:
        raise InvalidInput(f"The {name} {str(given)[:40]!r} is too fine: use at most nine decimals")
    return int(amount * NANO)


def usd(amount_nanousd: int) -> float:
    """USD for people's eyes."""
    return amount_nanousd / NANO
