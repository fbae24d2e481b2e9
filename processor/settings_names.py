"""Names of environment variables that look like ours, and are none: nobody reads them."""

import difflib
from collections.abc import Mapping

from processor.settings import Settings, is_mapping, variables

PREFIX = "PROCESSOR_"
BESIDE_SETTINGS = ("PROCESSOR_CONFIG", "PROCESSOR_CLOCK_FILE", "PROCESSOR_DEBUG")
"""Read where they are needed; they are no settings."""
LONGEST_SHOWN = 60


def unknown_variables(environment: Mapping[str, str]) -> str | None:
    """One line about the variables that begin as ours do and that nothing reads; None without any.

    Empty ones count as not set.
    """
    strange = [name for name in environment if name.startswith(PREFIX) and environment[name] and name not in _known()]
    if not strange:
        return None
    said = ", ".join(f"{name[:LONGEST_SHOWN]}{_advice(name)}" for name in sorted(strange))
    return f"Ignored, because the program has no such setting: {said}"


def _known() -> set[str]:
    return {*BESIDE_SETTINGS, *(name for field in Settings.model_fields for name in variables(field))}


def _advice(name: str) -> str:
    given = name.removeprefix(PREFIX)
    field = given.lower()
    if field in Settings.model_fields and is_mapping(field):
        return f" ('{field}' stands in processor.yaml)"
    # What all have in common would make any two of them alike.
    ours = [each.removeprefix(PREFIX) for each in sorted(_known()) if each.startswith(PREFIX)]
    near = difflib.get_close_matches(given, ours, n=1)
    return f" (did you mean {PREFIX}{near[0]}?)" if near else ""
