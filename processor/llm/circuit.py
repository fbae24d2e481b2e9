"""The provider's refusal, shared by all calls of a process."""

from processor.errors import ProviderRefused


class ProviderCircuit:
    """Closed while calls may be made; the first refusal opens it, with the reason.

    Calls that are in flight then may finish; every later one is refused at once, without touching the network.
    """

    def __init__(self) -> None:
        self._reason: str | None = None

    @property
    def reason(self) -> str | None:
        """Why no call is made any more; None while the circuit is closed."""
        return self._reason

    def open(self, reason: str) -> None:
        """Stop all further calls; the first reason stays."""
        if self._reason is None:
            self._reason = reason

    def check(self) -> None:
        """Raise ProviderRefused if the circuit is open."""
        if self._reason is not None:
            raise ProviderRefused(self._reason)
