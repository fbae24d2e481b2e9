"""Listeners: functions of the user's own that are called with events, after their commit and beside the work.

One daemon thread calls them one after the other, in the order of the commits: a slow one stalls neither the threads of
the database nor the event loop. One that fails is logged. An event whose COMMIT got no answer is told to nobody; the
table has it, if it happened.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from processor.lazy import load
from processor.log import get_logger
from processor.rules.events import Told, event_object, matching

DRAIN_SECONDS = 5.0
"""How long the end of a command waits for them."""
_LOOK_SECONDS = 0.02

Listener = Callable[[dict[str, Any]], object]


class Listeners:
    """Who wants to hear which events, and the thread that tells them."""

    def __init__(self, functions: Mapping[str, Sequence[str]], folder: str) -> None:
        self._paths: dict[str, list[str]] = {}
        for pattern, paths in functions.items():
            for name in matching(pattern):
                wanted = self._paths.setdefault(name, [])
                wanted += [path for path in paths if path not in wanted]
        self._folder = folder
        self._queue: SimpleQueue[Told] = SimpleQueue()
        self._untold = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._found: dict[str, Listener | None] = {}

    def tell(self, events: Iterable[Told]) -> None:
        """Have those called who want to hear of these committed events; returns at once."""
        wanted = [event for event in events if event.name in self._paths]
        if not wanted:
            return
        with self._lock:
            self._untold += len(wanted)
            for event in wanted:
                self._queue.put(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._call_for_ever, name="listeners", daemon=True)
                self._thread.start()

    def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Wait until everything is told, so long at most; what is left is dropped and logged."""
        until = time.monotonic() + seconds
        while self._untold and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        left = self._untold
        if left:
            self._drop()
            get_logger().warning("listener.unfinished", events=left)

    def _drop(self) -> None:
        while True:
            try:
                self._queue.get_nowait()
            except Empty:
                return

    def _call_for_ever(self) -> None:
        while True:
            event = self._queue.get()
            for path in self._paths[event.name]:
                self._call(path, event)
            with self._lock:
                self._untold -= 1

    def _call(self, path: str, event: Told) -> None:
        try:
            listener = self._listener(path)
            if listener is not None:
                listener(event_object(event))
        except BaseException as error:  # noqa: BLE001 (whatever a listener does, the work goes on)
            get_logger().error("listener.failed", listener=path, name=event.name, exc_info=error)

    def _listener(self, path: str) -> Listener | None:
        """The function at a path; one that cannot be imported is logged once and left out from then on."""
        if path not in self._found:
            self._found[path] = None
            if self._folder not in sys.path:
                sys.path.append(self._folder)  # behind all that is installed
            self._found[path] = load(path)
        return self._found[path]
