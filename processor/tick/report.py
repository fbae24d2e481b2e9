"""What a tick did, in the shape that `process-tasks --json` prints and the tick's row keeps."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class TickReport:
    """Counts of one tick: `due` tasks and jobs, `claimed`, `missed` and `skipped` slots, and runs.

    A task whose watched files have changed counts as due and claimed.
    """

    tick_id: str
    started_at: str
    finished_at: str | None = None
    due: int = 0
    claimed: int = 0
    succeeded: int = 0
    failed: int = 0
    waiting: int = 0
    missed: int = 0
    skipped: int = 0
    recovered: int = 0
    handed_back: int = 0
    cost_usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    runs: Sequence[Mapping[str, Any]] = field(default_factory=list)
    exit_code: int = 0
    error: str | None = None

    @property
    def idle(self) -> bool:
        """There was nothing to do."""
        return not (self.due or self.runs or self.exit_code)

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {name: getattr(self, name) for name in self.__slots__ if name not in ("exit_code", "error")}

    def counts(self) -> str:
        """What the tick's row keeps, as JSON."""
        kept = ("due", "claimed", "succeeded", "failed", "waiting", "missed", "skipped", "recovered", "handed_back")
        return json.dumps({name: getattr(self, name) for name in kept} | {"cost_usd": self.cost_usd})

    def count_runs(self, runs: Sequence[Mapping[str, Any]]) -> None:
        """Take over the run objects and count their states."""
        self.runs = runs
        for run in runs:
            if run["state"] in ("succeeded", "failed", "waiting"):
                setattr(self, run["state"], getattr(self, run["state"]) + 1)
            self.handed_back += run["waiting_for"] == "resume"
            self.cost_usd = round(self.cost_usd + run["cost_usd"], 9)
            self.input_tokens += run["input_tokens"]
            self.output_tokens += run["output_tokens"]
