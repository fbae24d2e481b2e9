"""What a durable turn costs beside a bare one: processor time, and wall time and memory of 500 runs at once."""

from pathlib import Path

from tests.benchmarks import conversations
from tests.benchmarks.conversations import Server, serving
from tests.benchmarks.measurement import Bound, Pair
from tests.benchmarks.message_server import TURNS
from tests.benchmarks.setting import Setting
from tests.benchmarks.stores import Store
from tests.benchmarks.tasks import require

CONCURRENCIES = (10, 100)
MANY = 500
CALL_SECONDS = 1.0
MEGABYTE = 1_000_000


def turn_cpu(setting: Setting) -> list[Pair]:
    """Processor seconds of a tick and of the bare package by the turns they took; imports are not in it."""
    runs = setting.of(100, quick=50)
    pairs = []
    with serving() as server:
        for store in setting.stores.each():
            recording = conversations.record(server, store, setting.stores.folder)
            pairs += [_cpu(setting, Both(server, store, recording, runs, each)) for each in CONCURRENCIES]
    return pairs


def concurrent_500(setting: Setting) -> list[Pair]:
    """Wall time and peak memory of 500 runs at once, each call of which takes a second."""
    pairs = []
    with serving(CALL_SECONDS) as server:
        for store in setting.stores.each():
            recording = conversations.record(server, store, setting.stores.folder)
            pairs += _many(setting, Both(server, store, recording, MANY, MANY))
    return pairs


def _cpu(setting: Setting, both: "Both") -> Pair:
    bound = Bound("≤ 1.5", most_ratio=1.5)
    pair = Pair("turn-cpu", both.store.name, f"{both.concurrency} runs at once", "bare SDK", "ms", bound)
    turns = both.runs * TURNS
    pair.alternate(
        setting.of(4, quick=2),
        lambda: both.ours("cpu_seconds") * 1000 / turns,
        lambda: both.bare("cpu_seconds") * 1000 / turns,
        warm_up=False,
    )
    return pair


def _many(setting: Setting, both: "Both") -> list[Pair]:
    bound = Bound("≤ 1.5", most_ratio=1.5)
    wall = Pair("concurrent-500", both.store.name, f"{MANY} runs of {TURNS} calls", "bare SDK", "s", bound)
    repeats = setting.of(2, quick=1)
    wall.alternate(repeats, lambda: both.ours("wall_seconds"), lambda: both.bare("wall_seconds"), warm_up=False)
    limit = Bound("≤ 300 MB", most_ours=300.0)
    peak = Pair("concurrent-500", both.store.name, "peak memory", "bare SDK", "MB", limit, both.peaks, both.bare_peaks)
    return [wall, peak]


class Both:
    """Our tick and the bare package with the same conversations."""

    def __init__(self, server: Server, store: Store, recording: Path, runs: int, concurrency: int) -> None:
        self._server = server
        self.store = store
        self._recording = recording
        self.runs = runs
        self.concurrency = concurrency
        self.peaks: list[float] = []
        self.bare_peaks: list[float] = []

    def ours(self, figure: str) -> float:
        """A whole tick with all runs, complete afterwards."""
        url = conversations.due_now(self.store, self.runs)
        (told,) = conversations.ours(self._server, url, concurrency=self.concurrency, max_runs=self.runs)
        require(told, {"succeeded": self.runs, "exit_code": 0})
        conversations.require_kept(self._server, url, self.runs)
        self.store.drop(url)
        self.peaks.append(told["peak_bytes"] / MEGABYTE)
        return float(told[figure])

    def bare(self, figure: str) -> float:
        told = conversations.bare(self._server, self._recording, runs=self.runs, concurrency=self.concurrency)
        self.bare_peaks.append(told["peak_bytes"] / MEGABYTE)
        return float(told[figure])
