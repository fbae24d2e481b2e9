"""Ways in which a run leaves the loop. The loop leaves by exception; the executor writes down what it means."""

from processor.rules.run_state import ErrorClass


class LeaveLoop(Exception):
    """The run leaves the loop."""


class Finished(LeaveLoop):
    """The agent ended its work; `output` is its summary or its last words."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output


class Failed(LeaveLoop):
    """The run cannot go on."""

    def __init__(self, error_class: ErrorClass, message: str, output: str | None = None) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message
        self.output = output


class Cancelled(LeaveLoop):
    """Somebody asked to cancel the run."""


class HandedBack(LeaveLoop):
    """The tick ends or is stopped: the next one goes on at this very turn."""
