"""Events: what happened, as it was written in the transactions in which it did."""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from processor.errors import InvalidInput
from processor.rules.events import HOW_TO_LIST, Told, event_object, matching
from processor.services import checks
from processor.services.since import since, subject
from processor.storage.work import Work

OVERLAP_SECONDS = 120
"""Postgres hands out ids before the commit: so long after an id was seen, lower ones may still turn up."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody wants to see; None: all."""

    store_id: str | None = None
    subject_id: str | None = None
    pattern: str | None = None
    since: str | None = None

    def values(self, now: int) -> dict[str, Any]:
        """What the statement takes; raises InvalidInput."""
        names = [] if self.pattern is None else matching(self.pattern)
        if self.pattern is not None and not names:
            raise InvalidInput(f"The pattern {self.pattern[:60]!r} matches no event: {HOW_TO_LIST}")
        return {
            "store_id": self.store_id,
            "subject_id": subject(self.subject_id),
            "is_named": self.pattern is not None,
            "names": json.dumps(names),
            "since_at": since(self.since, now),
        }


def latest(work: Work, wanted: Wanted, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the last events, at most `limit`, in the order in which they happened."""
    return _read(work, wanted.values(work.now), limit=limit)


@dataclass(slots=True)
class Following:
    """Reads on from the present, each event once, also one whose transaction was committed after later ones."""

    wanted: Wanted
    _floor: int = 0
    _seen: set[int] = field(default_factory=set)
    _looks: deque[tuple[int, int]] = field(default_factory=deque)

    def begin(self, work: Work) -> None:
        """From now on `more` returns what is not there yet."""
        values = self.wanted.values(work.now)  # says what is wrong with them at once
        overlap = 0 if work.dialect == "sqlite" else OVERLAP_SECONDS
        before_at = work.now - overlap if overlap else None
        self._floor = work.run("events.last", before_at=before_at).scalar_one()
        self._seen = {each["id"] for each in _read(work, values, floor=self._floor)}

    def more(self, work: Work) -> list[dict[str, Any]]:
        """Return what became visible since the last look."""
        found = _read(work, self.wanted.values(work.now), floor=self._floor)
        new = [each for each in found if each["id"] not in self._seen]
        self._seen |= {each["id"] for each in new}
        self._looks.append((work.now, work.run("events.last", before_at=None).scalar_one()))
        overlap = 0 if work.dialect == "sqlite" else OVERLAP_SECONDS
        while self._looks and self._looks[0][0] <= work.now - overlap:
            self._floor = max(self._floor, self._looks.popleft()[1])
        self._seen = {id_ for id_ in self._seen if id_ > self._floor}
        return new


def _read(work: Work, values: Mapping[str, Any], *, floor: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
    name = "events.latest" if values["subject_id"] is None else "events.of_subject"
    rows: Sequence[Any] = work.all(name, **values, floor_count=floor, limit=checks.limit(limit))
    return [event_object(Told(*row)) for row in reversed(rows)]
