"""One look, taken and kept at once, where no tick is looked at."""

from processor.storage import watches
from processor.storage.database import Database
from processor.storage.watches import Look, Recorded, Watch
from processor.tick.watch import says_something, seen


def look(database: Database, root: str, watch: Watch) -> Recorded:
    """Look at what a task watches, and keep what came of it."""
    return kept(database, watch, seen(database, root, watch))


def kept(database: Database, watch: Watch, look: Look) -> Recorded:
    """Keep what came of a look, if there is anything to be kept."""
    return database.write(watches.record, watch, look) if says_something(watch, look) else Recorded(is_kept=True)
