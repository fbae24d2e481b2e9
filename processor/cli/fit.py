"""Which columns of a table a terminal has room for, and how wide each is."""

from collections.abc import Mapping, Sequence

GAP = 2
"""Blanks between two columns."""
LEAST = 10
"""Free text narrower than this says nothing: then a column has to go."""
ENOUGH = 20
"""Columns that can be spared come only while free text keeps this width."""

FREE_TEXT = frozenset(
    {
        "actor",
        "changed",
        "column",
        "job_name",
        "made_by",
        "name",
        "output",
        "payload",
        "prompt",
        "schedule_text",
        "task_name",
        "title",
    }
)
"""Fields that may be cut; states, instants, numbers and ids are whole or not there."""


def fitted(needs: Mapping[str, int], first: Sequence[str], width: int) -> dict[str, int]:
    """Return the width of each column that is shown, in the order of `needs` (field → width of its longest cell).

    The fields in `first`, the most important one first, go before all others; none given means all, as they come.
    The very first column is always there, however narrow the terminal.
    """
    kept: list[str] = []
    for field in [*first, *(name for name in needs if name not in first)]:
        tried = [*kept, field]
        least = LEAST if not first or field in first else ENOUGH
        if kept and _total({name: _at_most(needs, name, least) for name in tried}) > width:
            break
        kept = tried
    return _shared({field: need for field, need in needs.items() if field in kept}, width)


def _shared(needs: dict[str, int], width: int) -> dict[str, int]:
    """Free texts share what the other columns leave; what the short ones do not need goes to the long ones."""
    widths = dict(needs)
    free = sorted((field for field in needs if field in FREE_TEXT), key=lambda field: needs[field])
    left = width - _total({field: 0 if field in free else need for field, need in needs.items()})
    for place, field in enumerate(free):
        widths[field] = max(1, min(needs[field], left // (len(free) - place)))
        left -= widths[field]
    return widths


def _at_most(needs: Mapping[str, int], field: str, least: int) -> int:
    return min(needs[field], least) if field in FREE_TEXT else needs[field]


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)
