"""How many slots became what."""

from dataclasses import dataclass

from processor.rules.disposition import Decision, Disposition


@dataclass(slots=True)
class SlotCounts:
    """What became of the slots; `due` counts tasks and jobs, the rest counts slots."""

    due: int = 0
    claimed: int = 0
    missed: int = 0
    skipped: int = 0

    def add(self, decision: Decision) -> None:
        """Count what one task or job does not run; claims are counted where they are won."""
        for entry in decision.entries:
            if entry.disposition is Disposition.MISSED:
                self.missed += entry.slot_count
            elif entry.disposition is not Disposition.CLAIMED:
                self.skipped += entry.slot_count

    def include(self, others: "SlotCounts") -> None:
        """Count what was counted elsewhere, too."""
        self.due += others.due
        self.claimed += others.claimed
        self.missed += others.missed
        self.skipped += others.skipped
