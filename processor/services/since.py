"""How far somebody wants to look, back or ahead: a duration from now, or an instant."""

import re
import uuid

from processor.errors import InvalidInput
from processor.rules.schedules import parse_interval
from processor.services.instants import parse_instant

_DURATION = re.compile(r"\s*(\d+\s*[a-z]+\s*)+", re.IGNORECASE)


def since(given: str | None, now: int) -> int | None:
    """Epoch seconds of `1h`, or of an instant; None for None. Raises InvalidInput and InvalidSchedule."""
    if given is None:
        return None
    if _DURATION.fullmatch(given):
        return max(0, now - parse_interval(given))
    try:
        return parse_instant(given, "--since")
    except InvalidInput as error:
        raise InvalidInput(f"{error}, or a duration like 1h or 7d") from None


def until(given: str, now: int) -> int:
    """Epoch seconds of `2d` from now, or of an instant to come. Raises InvalidInput and InvalidSchedule."""
    at = ahead(given, now, "--until")
    if at < now:
        raise InvalidInput(f"The instant of --until has passed ({given}): give one to come, or a duration like 2d")
    return at


def ahead(given: str | int, now: int, name: str) -> int:
    """Epoch seconds of `2d` from now, or of an instant, called by `name`; raises InvalidInput and InvalidSchedule."""
    if isinstance(given, str) and _DURATION.fullmatch(given):
        return now + parse_interval(given)
    try:
        return parse_instant(given, name)
    except InvalidInput as error:
        raise InvalidInput(f"{error}, or a duration like 8h or 2d") from None


def subject(given: str | None) -> str | None:
    """The id of what a row is about, in the form that the database holds; raises InvalidInput for what is no id."""
    if given is None:
        return None
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise InvalidInput(
            f"{given[:60]!r} is no id: give that of a task, run, job, card or store, a UUID, as the lists show it"
        ) from None
