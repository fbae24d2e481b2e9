"""What the database says of the provider: refused by it, since when, or nothing."""

from processor.storage import turns
from processor.storage.work import Work

PROVIDER = "anthropic"
REFUSED_PAUSE_SECONDS = 240
"""Before a refused key is tried again: less than the five minutes between ticks."""


class ProviderStanding:
    """Keeps the provider's row: one process says once that it answers, not with each of a thousand turns."""

    def __init__(self) -> None:
        self.accepted = False
        """That the provider answers is on disk."""

    def accept(self, work: Work, call_id: str) -> None:
        """The provider answered a call: an earlier refusal is over."""
        if not self.accepted:
            turns.accept_provider(work, PROVIDER, call_id)


def refuse(work: Work, reason: str) -> None:
    """The provider takes no calls from us: health can say since when, and why."""
    turns.refuse_provider(work, PROVIDER, reason, work.now + REFUSED_PAUSE_SECONDS)
