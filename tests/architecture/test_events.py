"""The table of events is what the program writes: nothing more, nothing else."""

import re

from processor.rules.events import EVENTS
from tests.conftest import ROOT

# Their names end in a state, so that they stand nowhere as a whole.
ENDINGS = {"run.succeeded", "run.failed", "run.cancelled"}


TABLE = ROOT / "processor/rules/events.py"


def test_every_event_in_the_table_is_written_somewhere() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "processor").rglob("*.py") if path != TABLE]
    written = {name for source in sources for name in re.findall(r'"([a-z]+\.[a-z_]+)"', source)}
    assert EVENTS.keys() - written - ENDINGS == set()
