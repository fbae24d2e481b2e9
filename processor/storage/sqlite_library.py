"""The one SQLite library of this installation.

SQLite before 3.51.3 can corrupt a WAL when two processes write and checkpoint at once, which is what overlapping
ticks do, and two copies of the library open on one file in one process lose committed rows. So everything takes
`sqlite` from here: the wheel with a fixed version where there is one, else the one that came with Python
(`processor doctor` warns then).
"""

try:
    import pysqlite3 as sqlite
except ImportError:  # no wheel for this platform
    import sqlite3 as sqlite

FIRST_FIXED_VERSION = (3, 51, 3)
BUSY_TIMEOUT_MS = 15_000

__all__ = ["BUSY_TIMEOUT_MS", "FIRST_FIXED_VERSION", "sqlite"]
