"""What stays resident: of a tick that finds nothing, of one with a single run, and over 1,000 runs in one process."""

import subprocess
from collections.abc import Mapping

from tests.benchmarks import conversations
from tests.benchmarks.conversations import Server, serving
from tests.benchmarks.measurement import Bound, Pair
from tests.benchmarks.programs import prepare_runtime
from tests.benchmarks.setting import PYTHON, ROOT, Setting, environment
from tests.benchmarks.stores import Store, prepared
from tests.benchmarks.tasks import require
from tests.benchmarks.turns import MEGABYTE, Both

TELL_PEAK = f"""
import atexit, sys
sys.path.insert(0, {str(ROOT)!r})
def tell():
    from tests.benchmarks.memory_use import peak_bytes
    print(peak_bytes())
atexit.register(tell)
"""
IDLE_TICK = TELL_PEAK + "from processor.entry import main\nsys.argv = ['process-tasks']\nmain()\n"
RUNS_A_TICK = 100
FIRST_TICKS = 2
"""Until caches are full and every code path was taken."""


def memory(setting: Setting) -> list[Pair]:
    """Peaks of whole processes, and growth from the 200th run of a process to its 1,200th."""
    prepare_runtime()
    pairs = [_idle(setting, store) for store in setting.stores.each()]
    with serving() as server:
        for store in setting.stores.each():
            pairs += [_one_run(setting, server, store), _growth(setting, server, store)]
    return pairs


def _idle(setting: Setting, store: Store) -> Pair:
    pair = Pair("memory", store.name, "idle tick", "python -c pass", "MB", None)
    with prepared(store) as url:
        variables = environment(PROCESSOR_DATABASE_URL=url)
        pair.alternate(setting.of(5, quick=2), lambda: _told(IDLE_TICK, variables), lambda: _told(TELL_PEAK, variables))
    return pair


def _one_run(setting: Setting, server: Server, store: Store) -> Pair:
    pair = Pair("memory", store.name, "one run", "bare SDK", "MB", None)
    both = Both(server, store, conversations.record(server, store, setting.stores.folder), 1, 1)
    repeats = setting.of(3, quick=1)
    pair.alternate(
        repeats, lambda: both.ours("peak_bytes") / MEGABYTE, lambda: both.bare("peak_bytes") / MEGABYTE, warm_up=False
    )
    return pair


def _growth(setting: Setting, server: Server, store: Store) -> Pair:
    ticks = FIRST_TICKS + setting.of(10, quick=3)
    figure = f"after {ticks * RUNS_A_TICK:,} runs"
    after = f"after {FIRST_TICKS * RUNS_A_TICK}"
    pair = Pair("memory", store.name, figure, after, "MB", Bound("≤ 1.05", most_ratio=1.05))
    url = conversations.due_now(store, ticks * RUNS_A_TICK)
    told = conversations.ours(server, url, ticks=ticks, concurrency=50, max_runs=RUNS_A_TICK)
    require({"succeeded": sum(each["succeeded"] for each in told)}, {"succeeded": ticks * RUNS_A_TICK})
    conversations.require_kept(server, url, ticks * RUNS_A_TICK)
    store.drop(url)
    pair.ours.append(told[-1]["resident_bytes"] / MEGABYTE)
    pair.theirs.append(told[FIRST_TICKS - 1]["resident_bytes"] / MEGABYTE)
    return pair


def _told(program: str, variables: Mapping[str, str]) -> float:
    done = subprocess.run(
        [str(PYTHON), "-P", "-c", program], env=variables, capture_output=True, text=True, check=True, cwd=ROOT
    )
    return int(done.stdout) / MEGABYTE
