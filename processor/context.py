"""What a tick tells everything that works for it: its deadlines, whether to stop, and who listens."""

import time
from collections.abc import Callable
from typing import Protocol

HARD_DEADLINE_SECONDS = 45
"""From the soft deadline, where no new turn begins, to the hard one, where calls are cut."""


class Listener(Protocol):
    """Hears dotted, past-tense events, for live views."""

    def __call__(self, event: str, /, **fields: object) -> None: ...


def unheard(event: str, /, **fields: object) -> None:
    """A listener that does not listen."""


class TickContext:
    """The tick's limits in monotonic time, and its stop signal."""

    def __init__(
        self,
        tick_seconds: float,
        listener: Listener = unheard,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._soft_deadline = monotonic() + tick_seconds
        self._hard_deadline = self._soft_deadline + HARD_DEADLINE_SECONDS
        self.listener = listener
        self.stop_reason: str | None = None

    def stop(self, reason: str) -> None:
        """Start nothing more and hand back what runs."""
        self.stop_reason = self.stop_reason or reason

    @property
    def ending(self) -> bool:
        """From here on no new turn begins and runs are handed back."""
        return self.stop_reason is not None or self._monotonic() >= self._soft_deadline

    @property
    def seconds_to_hard_deadline(self) -> float:
        """What is left until calls are cut; never negative."""
        return max(0.0, self._hard_deadline - self._monotonic())
