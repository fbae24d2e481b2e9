"""Ticks of ours in a process of its own: `python -m tests.benchmarks.durable_runs TICKS CONCURRENCY MAX_RUNS`.

Everything is imported before the measuring begins. Prints one JSON object a tick.
"""

import asyncio
import gc
import json
import os
import sys
import time

import processor.llm.anthropic_model  # noqa: F401 (its import is measured elsewhere)
from processor.log import configure
from processor.settings import load_settings
from processor.storage.database import Database
from processor.tick.tick import TickOptions, tick
from tests.benchmarks.memory_use import peak_bytes, resident_bytes


def main(ticks: int, concurrency: int, max_runs: int) -> None:
    """Tick so many times, each with at most `max_runs` runs."""
    os.environ["PROCESSOR_MAX_CONCURRENCY"] = str(concurrency)
    settings = load_settings()
    database = Database(settings.database_url)
    for _ in range(ticks):
        cpu, wall = time.process_time(), time.perf_counter()
        report = asyncio.run(tick(database, settings, TickOptions(max_runs=max_runs)))
        told = {
            "cpu_seconds": time.process_time() - cpu,
            "wall_seconds": time.perf_counter() - wall,
            "succeeded": report.succeeded,
            "exit_code": report.exit_code,
            "peak_bytes": peak_bytes(),
        }
        del report
        gc.collect()
        sys.stdout.write(json.dumps(told | {"resident_bytes": resident_bytes()}) + "\n")
        sys.stdout.flush()
    database.close()


if __name__ == "__main__":
    configure()
    main(*map(int, sys.argv[1:]))
