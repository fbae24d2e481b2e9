"""How soon a tick with one due run makes its first model call."""

import subprocess
import time
from collections.abc import Mapping, Sequence

from tests.benchmarks import conversations
from tests.benchmarks.conversations import Server, serving
from tests.benchmarks.measurement import Bound, Pair
from tests.benchmarks.message_server import MODEL
from tests.benchmarks.programs import NotPrepared, prepare_runtime
from tests.benchmarks.setting import PYTHON, SCRIPT, Setting, environment
from tests.benchmarks.stores import Store

ONE_CALL = f"""
import anthropic
anthropic.Anthropic().messages.create(
    model="{MODEL}", max_tokens=100, messages=[{{"role": "user", "content": "Good morning."}}]
)
"""


def first_call(setting: Setting) -> list[Pair]:
    """From the start of the process until the server has the first request, both times."""
    prepare_runtime()
    with serving() as server:
        return [_measured(setting, server, store) for store in setting.stores.each()]


def _measured(setting: Setting, server: Server, store: Store) -> Pair:
    pair = Pair(
        "first-call",
        store.name,
        "process start to call",
        "import anthropic, call",
        "ms",
        Bound("≤ 0.85", most_ratio=0.85),
    )

    def ours() -> float:
        url = conversations.due_now(store, 1)
        taken_ms, calls = _to_first_call(server, [str(SCRIPT)], {"PROCESSOR_DATABASE_URL": url})
        conversations.require_kept(server, url, 1, calls)
        store.drop(url)
        return taken_ms

    def theirs() -> float:
        return _to_first_call(server, [str(PYTHON), "-c", ONE_CALL], {})[0]

    pair.alternate(setting.of(10, quick=4), ours, theirs)
    return pair


def _to_first_call(server: Server, command: Sequence[str], variables: Mapping[str, str]) -> tuple[float, int]:
    """Milliseconds to the first call (both clocks are the machine's monotonic one), and how many calls there were."""
    server.take_calls()
    started = time.monotonic()
    done = subprocess.run(
        command, env=environment(**server.variables, **variables), capture_output=True, text=True, check=False
    )
    told = server.take_calls()
    if done.returncode != 0 or told["first_at"] is None:
        raise NotPrepared(f"{command[0]} ended with {done.returncode}: {done.stderr[-2_000:]}")
    return float(told["first_at"] - started) * 1000, int(told["calls"])
