"""When files change: the path or pattern that a task watches, read and matched name by name.

    /data/in.csv     one file; if the path is a folder, all files below it
    /data/in/        all files below the folder, at any depth
    /data/*.csv      `*`, `?` and `[abc]` stand for characters of one name
    /data/**/*.csv   `**` stands for any number of folders, none included

Wildcards leave out names that begin with a dot, as in a shell, unless the pattern writes the dot. Case counts.
"""

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass

from processor.errors import InvalidSchedule
from processor.rules.schedules.manual import Manual

ANY_FOLDERS = "**"
LONGEST_PATH = 4_096
LONGEST_SETTLE_SECONDS = 86_400
DEFAULT_SETTLE_SECONDS = 60
"""A copy that pauses for less is never handed on in part; a tick every five minutes waits for its next one anyway."""

_WILDCARD = re.compile(r"[*?\[]")
_ALL_BELOW = (ANY_FOLDERS, "*")
_NOTHING = "(?!)"
_HOW = "write it like /data/in.csv, /data/in/ or '/data/**/*.csv'"

Matcher = Callable[[str], re.Match[str] | None]
Places = frozenset[int]
"""How far a path has come through the parts of a pattern: each place is the part that its next name has to match."""


@dataclass(frozen=True)
class Pattern:
    """A watched path in parts: `base` is the folder that it begins in, `parts` match the names below that."""

    base: str
    parts: tuple[str, ...]

    @property
    def is_literal(self) -> bool:
        """True for a path without wildcards, which may turn out to be a file or a folder."""
        return len(self.parts) == 1 and not _has_wildcard(self.parts[0])

    @property
    def is_folder(self) -> bool:
        """True for all files below one folder, the first part."""
        return self.parts[1:] == _ALL_BELOW and not _has_wildcard(self.parts[0])

    @property
    def as_folder(self) -> "Pattern":
        """What a literal path stands for where it is a folder."""
        return Pattern(self.base, self.parts[:1] + _ALL_BELOW)

    @property
    def start(self) -> Places:
        """Where the names directly in the base begin."""
        return self._with_skipped({0})

    def after(self, places: Places, folder: str) -> Places:
        """How far a path comes with one more folder; nowhere if no watched file can be in it."""
        reached = set()
        for place in places:
            if self.parts[place] == ANY_FOLDERS and not folder.startswith("."):
                reached.add(place)
            elif place + 1 < len(self.parts) and re.match(_translated(self.parts[place]), folder):
                reached.add(place + 1)
        return self._with_skipped(reached)

    def watched(self, places: Places) -> Matcher:
        """What tells of the name of a file at these places whether it is watched."""
        last = len(self.parts) - 1
        return re.compile(_translated(self.parts[last]) if last in places else _NOTHING).match

    def _with_skipped(self, places: set[int]) -> Places:
        """`**` may stand for no folder at all; no two of them follow each other."""
        return frozenset(places | {place + 1 for place in places if self.parts[place] == ANY_FOLDERS})


@dataclass(frozen=True, slots=True)
class FileWatch(Manual):
    """A task that runs when watched files have changed and then stood still for `settle_seconds`; it has no slots."""

    path: str
    settle_seconds: int = DEFAULT_SETTLE_SECONDS

    def describe(self) -> str:
        if self.path.endswith("/"):
            return f"When a file below {self.path} changes"
        if parse(self.path).is_literal:
            return f"When {self.path} changes"
        return f"When a file like {self.path} changes"


def file_watch(path: str, settle_seconds: int = DEFAULT_SETTLE_SECONDS) -> FileWatch:
    """Return the watch that was asked for.

    Raises:
        InvalidSchedule: the path cannot be watched, or the settle time is under none or over a day.

    """
    parse(path)
    if not 0 <= settle_seconds <= LONGEST_SETTLE_SECONDS:
        raise InvalidSchedule(f"The settle time {settle_seconds}s is not between 0 and {LONGEST_SETTLE_SECONDS} s")
    return FileWatch(path, settle_seconds)


def parse(path: str) -> Pattern:
    """Read a watched path. One that does not begin with `/` counts from the program's root folder.

    Raises:
        InvalidSchedule: it is empty, too long, not text, goes up with `..`, or mixes `**` with other characters.

    """
    shown = path[:80]
    if not path.strip("/. "):
        raise InvalidSchedule(f"Cannot watch {shown!r}: {_HOW}")
    if len(path) > LONGEST_PATH or "\0" in path or any("\ud800" <= each <= "\udfff" for each in path):
        raise InvalidSchedule(f"Cannot watch {shown!r}: it is too long or no text, {_HOW}")
    if path.startswith("~"):
        raise InvalidSchedule(f"Cannot watch {shown!r}: write the home folder in full")
    names = [name for name in path.split("/") if name not in {"", "."}]
    if ".." in names:
        raise InvalidSchedule(f"Cannot watch {shown!r}: write the path without '..'")
    if any(ANY_FOLDERS in name and name != ANY_FOLDERS for name in names):
        raise InvalidSchedule(f"Cannot watch {shown!r}: '**' stands alone between slashes, like /data/**/*.csv")
    return _pattern("/" if path.startswith("/") else "", names, is_folder=path.endswith("/"))


def _pattern(opening: str, names: list[str], *, is_folder: bool) -> Pattern:
    """The base ends before the first wildcard; that of a path without one is the folder that it lies in."""
    wild = next((place for place, name in enumerate(names) if _has_wildcard(name)), len(names) - 1)
    base, parts = opening + "/".join(names[:wild]), names[wild:]
    if parts[-1] == ANY_FOLDERS:
        parts = [*parts, "*"]
    elif is_folder:
        parts = [*parts, *_ALL_BELOW]
    # `**/**` says no more than `**`, and doubles the places to be in.
    return Pattern(
        base,
        tuple(part for place, part in enumerate(parts) if parts[place - 1 : place] != [part] or part != ANY_FOLDERS),
    )


def _has_wildcard(name: str) -> bool:
    return _WILDCARD.search(name) is not None


def _translated(part: str) -> str:
    if not _has_wildcard(part):
        return rf"(?s:{re.escape(part)})\Z"
    return fnmatch.translate(part) if part.startswith(".") else rf"(?!\.){fnmatch.translate(part)}"
