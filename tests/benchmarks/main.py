"""`scripts/bench`: measures pairs in turn and prints one table of ratios."""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks import due_query, first_call, idle, materialise, memory, outage, table, turns, watch
from tests.benchmarks.measurement import Pair
from tests.benchmarks.programs import NotPrepared
from tests.benchmarks.setting import Setting, forget_own_settings
from tests.benchmarks.stores import Stores
from tests.benchmarks.tasks import Incomplete

BENCHMARKS: dict[str, Callable[[Setting], list[Pair]]] = {
    "idle-script": idle.idle_script,
    "idle-installed": idle.idle_installed,
    "idle-postgres": idle.idle_postgres,
    "materialise-interval": materialise.intervals,
    "materialise-calendar": materialise.calendars,
    "outage": outage.outage,
    "due-query": due_query.due_query,
    "turn-cpu": turns.turn_cpu,
    "first-call": first_call.first_call,
    "concurrent-500": turns.concurrent_500,
    "memory": memory.memory,
    "watch": watch.watch,
}


def main() -> int:
    """Run what is asked for; 0 unless a benchmark could not do its work. A missed bound is data."""
    asked = _options().parse_args()
    if asked.list:
        sys.stdout.writelines(f"{name:22}{benchmark.__doc__}\n" for name, benchmark in BENCHMARKS.items())
        return 0
    earlier = table.medians(asked.compare) if asked.compare else None
    forget_own_settings()
    warnings.simplefilter("ignore")
    about = table.machine()
    pairs, broken = _measure(asked.name or list(BENCHMARKS), is_quick=asked.quick)
    sys.stdout.write(table.as_text(pairs, earlier))
    if asked.json:
        table.save(asked.json, pairs, about)
    sys.stderr.writelines(f"{name} could not do its work: {reason}\n" for name, reason in broken.items())
    return 1 if broken else 0


def _measure(names: Sequence[str], *, is_quick: bool) -> tuple[list[Pair], dict[str, str]]:
    """All pairs, and why a benchmark gave none."""
    pairs: list[Pair] = []
    broken: dict[str, str] = {}
    stores = Stores()
    try:
        for name in names:
            started = time.monotonic()
            try:
                pairs += BENCHMARKS[name](Setting(stores, is_quick))
            except (Incomplete, NotPrepared) as error:
                broken[name] = str(error)
            forget_own_settings()
            sys.stderr.write(f"{name} took {time.monotonic() - started:.0f} s\n")
    finally:
        stores.close()
    return pairs, broken


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("scripts/bench", description="Measure what the program costs, as ratios.")
    parser.add_argument("name", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help="which ones (all)")
    parser.add_argument("--quick", action="store_true", help="fewer repeats, smaller sizes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the table with all that was measured")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show what changed since a table that was kept")
    parser.add_argument("--list", action="store_true", help="say what each one measures")
    return parser


if __name__ == "__main__":
    sys.exit(main())
