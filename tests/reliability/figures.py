"""What the suite did, counted for the table at the end of a session and for whoever wants it as JSON."""

import json
from collections import defaultdict
from pathlib import Path

ORDER = (
    "rounds",
    "signals sent",
    "kills that hit a live run",
    "runs",
    "slots accounted for",
    "stale writes refused",
)


class Figures:
    """Sums by fault and database; whoever has something else to count gives it a name of its own."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def add(self, fault: str, store: str, **counts: float) -> None:
        """Add counts, whose names are written with `_` for a space."""
        for name, count in counts.items():
            self.counts[fault, store][name.replace("_", " ")] += count

    def lines(self) -> list[str]:
        """A table, as Markdown, with a column for each thing that was counted."""
        rows = [["fault", "store", *self._names()]]
        for (fault, store), counts in self.counts.items():
            rows.append([fault, store, *(_shown(counts.get(name)) for name in self._names())])
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
        return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]

    def write(self, path: Path) -> None:
        """Write all counts as a JSON list."""
        rows = [{"fault": fault, "store": store, **counts} for (fault, store), counts in self.counts.items()]
        path.write_text(json.dumps(rows, indent=2) + "\n")

    def _names(self) -> list[str]:
        counted = {name: None for counts in self.counts.values() for name in counts}
        return [name for name in ORDER if name in counted] + [name for name in counted if name not in ORDER]


def _shown(count: float | None) -> str:
    return "" if count is None else f"{count:,.0f}"
