"""How much is done to the program: what continuous integration does, or many times that."""

import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Case = TypeVar("Case")

KILLS_VARIABLE = "RELIABILITY_KILLS"
"""How many random kills each database gets; everything else grows in proportion."""
SEED_VARIABLE = "RELIABILITY_SEED"
"""Tries one seed again, alone."""
USUAL_KILLS = 200
KILLS_PER_SEED = 67
AT_ONCE = 3
"""Seeds that are tried beside each other: they spend most of their time waiting for leases to run out."""


def _seeds(count: int) -> Sequence[int]:
    alone = os.environ.get(SEED_VARIABLE)
    return range(1, 1 + count) if not alone else [int(alone)]


KILLS = int(os.environ.get(KILLS_VARIABLE) or USUAL_KILLS)
SEEDS = _seeds(math.ceil(KILLS / KILLS_PER_SEED))
"""For random kills. Each begins with a fresh database, so that any of them can be tried again alone."""
TIMES = max(1, round(KILLS / USUAL_KILLS))
FEW_SEEDS = _seeds(TIMES)
"""For what is long enough with one of them."""


def try_each(cases: Iterable[Case], attempt: Callable[[Case], None]) -> None:
    """Try all cases, some at the same time; raises what the first that failed has raised, and says which it was."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda case: _try(case, attempt), cases):
            pass


def _try(case: Case, attempt: Callable[[Case], None]) -> None:
    try:
        attempt(case)
    except BaseException as error:
        error.add_note(f"with {case}; {SEED_VARIABLE} tries a seed alone")
        raise
