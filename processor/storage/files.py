r"""Files below a watched path, in the order in which the database keeps their paths.

Links are never followed: a symbolic link counts as a file that holds where it points, so that no loop is ever entered.
(The folder that a path begins in may be reached through links.) Sockets, pipes and devices are left out. What cannot
be looked into is neither there nor gone: `Walk.unseen` knows it. In paths a byte that is no UTF-8 is written `\xff`,
and a backslash twice.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from processor.rules.schedules.file_watch import Pattern, Places
from processor.rules.snapshot import Entry

MOST_READ_BYTES = 64 * 1024 * 1024
"""Of a larger file the content is never read: its size, time of change and inode tell."""

MOST_FILES = 1_000_000
"""That one watch looks at: who watches `/` by mistake is told, before the memory is used up."""

_CHUNK_BYTES = 1024 * 1024
_SIGNED = 0x7FFF_FFFF_FFFF_FFFF
"""Inodes and times that do not fit into a column lose what does not: they are only ever compared with themselves."""

_GONE = {errno.ENOENT, errno.ENOTDIR}
_path_of = itemgetter(0)


class Unavailable(Exception):
    """What a watch begins in cannot be looked at: nothing is said about its files."""

    def __init__(self, reason: str, *, is_missing: bool = False) -> None:
        super().__init__(reason)
        self.is_missing = is_missing


class Unsteady(Exception):
    """The file is not, or no longer, the one that was seen."""


@dataclass(slots=True)
class Unseen:
    """What could not be looked at: folders (which end in `/`) and files, and why."""

    reasons: dict[str, str] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        """Tell whether the path, or a folder above it, could not be looked at."""
        if not self.reasons:
            return False
        ends = [place for place, letter in enumerate(path, start=1) if letter == "/"]
        return path in self.reasons or any(path[:end] in self.reasons for end in ends)


class Walk:
    """One walk over the files of a pattern; `root` is where relative patterns begin.

    Raises Unavailable where the folder of the pattern is missing, cannot be read, or holds too many files.
    """

    def __init__(self, root: str, pattern: Pattern, *, was_folder: bool = False) -> None:
        self.base = os.path.join(root, pattern.base)
        self.unseen = Unseen()
        self.is_empty = True
        first = os.path.join(self.base, pattern.parts[0])
        self.is_folder = pattern.is_folder or (pattern.is_literal and (was_folder or os.path.isdir(first)))
        self._pattern = pattern.as_folder if self.is_folder else pattern
        self._begins_in = first if self.is_folder else self.base
        self._left = MOST_FILES
        self._identity = _identity(self._begins_in)

    @property
    def begins_in(self) -> str:
        """The folder that has to be there, as text."""
        return shown(self._begins_in)

    @property
    def device(self) -> int:
        """The file system that the walk begins in."""
        return self._identity[0] & _SIGNED

    def entries(self) -> Iterator[Entry]:
        """Yield the watched files in the order of their paths. Raises Unavailable if the folder goes away meanwhile."""
        if self._pattern.is_literal:
            yield from self._single(self._pattern.parts[0])
        else:
            yield from self._many()
        if _identity(self._begins_in) != self._identity:
            raise Unavailable(f"{self.begins_in} was replaced while it was looked at")

    def _single(self, name: str) -> Iterator[Entry]:
        try:
            found = os.lstat(os.path.join(self.base, name))
        except OSError as error:
            if error.errno not in _GONE:
                self.unseen.reasons[shown(name)] = error.strerror or str(error)
            return
        if stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode):
            self.is_empty = False
            yield (shown(name), *_stamp(found))

    def _many(self) -> Iterator[Entry]:
        """Folders are gone into where their path has its place in the order."""
        open_folders = [iter(self._first())]
        while open_folders:
            for item in open_folders[-1]:
                if item[0][-1] == "/":
                    open_folders.append(iter(self._below(*item)))
                    break
                self.is_empty = False
                yield item
            else:
                open_folders.pop()

    def _first(self) -> list[Any]:
        opening, places = "", self._pattern.start
        if self.is_folder:
            name = self._pattern.parts[0]
            opening, places = shown(name) + "/", self._pattern.after(places, name)
        try:
            return self._listed(opening, self._begins_in, places)
        except OSError as error:
            raise _unavailable(self._begins_in, error) from error

    def _below(self, opening: str, folder: str, places: Places) -> list[Any]:
        try:
            return self._listed(opening, folder, places)
        except OSError as error:
            if error.errno not in _GONE:
                self.unseen.reasons[opening] = error.strerror or str(error)
            return []

    def _listed(self, opening: str, folder: str, places: Places) -> list[Any]:
        """A folder's watched files, and the folders in it that may hold some, in the order of their paths."""
        found: list[Any] = []
        watched, after = self._pattern.watched(places), self._pattern.after
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                path = opening + (name if name.isascii() and "\\" not in name else shown(name))
                if entry.is_dir(follow_symlinks=False):
                    reached = after(places, name)
                    if reached:
                        found.append((path + "/", entry.path, reached))
                elif watched(name) and (entry.is_file(follow_symlinks=False) or entry.is_symlink()):
                    try:
                        at = entry.stat(follow_symlinks=False)
                    except OSError as error:
                        if error.errno not in _GONE:
                            self.unseen.reasons[path] = error.strerror or str(error)
                    else:
                        found.append((path, at.st_size, at.st_mtime_ns & _SIGNED, at.st_ino & _SIGNED))
        self._left -= len(found)
        if self._left < 0:
            raise Unavailable(f"{self.begins_in} holds more than {MOST_FILES:,} files and folders: watch less of it")
        found.sort(key=_path_of)
        return found


def read_hash(base: str, entry: Entry) -> str | None:
    """The hash of a file's content, or of where a link points; None if it is too large, or cannot be read.

    Raises Unsteady if the file is not as it was seen, before and after it is read.
    """
    path = os.path.join(base, named(entry[0]))
    try:
        return _hash_of_link(path, entry) if os.path.islink(path) else _hash_of_file(path, entry)
    except FileNotFoundError as error:
        raise Unsteady from error
    except OSError:
        return None


def full_path(base: str, path: str) -> str:
    """The path as a person or an agent reads it."""
    return os.path.join(shown(base), path)


def shown(name: str) -> str:
    """A name of the file system as text that every database holds."""
    return os.fsencode(name.replace("\\", "\\\\")).decode("utf-8", "backslashreplace")


def named(path: str) -> str:
    """The name in the file system that is shown so."""
    if "\\" not in path:
        return path
    parts = path.encode().split(b"\\\\")
    return os.fsdecode(b"\\".join(_with_bytes(part) for part in parts))


def _with_bytes(part: bytes) -> bytes:
    first, *others = part.split(b"\\x")
    return first + b"".join(bytes([int(each[:2], 16)]) + each[2:] for each in others)


def _hash_of_link(path: str, entry: Entry) -> str:
    target = os.readlink(path)
    _require_same(os.lstat(path), entry)
    return hashlib.blake2b(b"link to " + os.fsencode(target), digest_size=16).hexdigest()


def _hash_of_file(path: str, entry: Entry) -> str | None:
    # A pipe that has taken the file's place does not hold us up, and a link is not followed.
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb", buffering=0) as file:
        _require_same(os.fstat(opened), entry)
        if entry[1] > MOST_READ_BYTES:
            return None
        digest = hashlib.blake2b(digest_size=16)
        left = entry[1]
        while left > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
            digest.update(chunk)
            left -= len(chunk)
        _require_same(os.fstat(opened), entry)
    _require_same(os.lstat(path), entry)
    return digest.hexdigest()


def _require_same(found: os.stat_result, entry: Entry) -> None:
    is_kind = stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)
    if not is_kind or _stamp(found) != entry[1:]:
        raise Unsteady


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns & _SIGNED, found.st_ino & _SIGNED


def _identity(folder: str) -> tuple[int, int]:
    try:
        found = os.stat(folder)
    except OSError as error:
        raise _unavailable(folder, error) from error
    if not stat.S_ISDIR(found.st_mode):
        raise Unavailable(f"{shown(folder)} is not a folder", is_missing=True)
    return found.st_dev, found.st_ino


def _unavailable(folder: str, error: OSError) -> Unavailable:
    is_missing = error.errno in _GONE
    return Unavailable(f"{shown(folder)}: {error.strerror or error}", is_missing=is_missing)
