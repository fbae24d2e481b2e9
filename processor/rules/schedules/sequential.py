"""No slots of its own: a pass through its job runs it when its turn comes."""

from dataclasses import dataclass

from processor.rules.schedules.manual import Manual


@dataclass(frozen=True, slots=True)
class Sequential(Manual):
    """A task that runs in the order of its job."""

    def describe(self) -> str:
        return "Sequential (runs in job order)"
