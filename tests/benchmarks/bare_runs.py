"""The same conversations through the bare package: `python -m tests.benchmarks.bare_runs RECORDING RUNS CONCURRENCY`.

No tool is run and nothing is kept: the replies are those of a run that was recorded. Prints one JSON object.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import anthropic

from tests.benchmarks.memory_use import peak_bytes, resident_bytes


async def converse(client: anthropic.AsyncAnthropic, recording: dict[str, Any], places: asyncio.Semaphore) -> int:
    """One conversation as the package's documentation shows it; returns how many turns it had."""
    messages: list[Any] = [recording["opening"]]
    async with places:
        for reply in recording["replies"]:
            answer = await client.messages.create(messages=messages, **recording["request"])
            messages.append({"role": "assistant", "content": answer.content})
            messages.append(reply)
    return len(recording["replies"])


async def run(recording: dict[str, Any], runs: int, concurrency: int) -> int:
    """All conversations; returns how many turns they had."""
    limits = anthropic.DefaultAsyncHttpxClient(limits=_limits(concurrency), timeout=anthropic.DEFAULT_TIMEOUT)
    places = asyncio.Semaphore(concurrency)
    async with anthropic.AsyncAnthropic(max_retries=0, http_client=limits) as client:
        return sum(await asyncio.gather(*(converse(client, recording, places) for _ in range(runs))))


def _limits(concurrency: int) -> Any:
    """As many connections as there are conversations, like ours."""
    import httpx2  # noqa: PLC0415 (comes with the package)

    return httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)


def main(recording: str, runs: int, concurrency: int) -> None:
    """Measure them."""
    recorded = json.loads(Path(recording).read_text())
    cpu, wall = time.process_time(), time.perf_counter()
    turns = asyncio.run(run(recorded, runs, concurrency))
    told = {
        "cpu_seconds": time.process_time() - cpu,
        "wall_seconds": time.perf_counter() - wall,
        "turns": turns,
        "peak_bytes": peak_bytes(),
        "resident_bytes": resident_bytes(),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
