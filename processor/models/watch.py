"""File watches: what a look remembers for the next one, and what was handed to a run."""

from sqlmodel import SQLModel

from processor.models.columns import (
    Count,
    Key,
    OptionalCount,
    OptionalMoment,
    OptionalWords,
    PrimaryKey,
    PrimaryWords,
    Words,
)


class FileWatch(SQLModel, table=True):
    """The looks of a task at its path."""

    __tablename__ = "file_watches"

    task_id: PrimaryKey
    store_id: Key
    watch_path: Words
    look_count: Count = 1
    first_look_at: OptionalMoment = None
    is_folder: bool = False
    device: OptionalCount = None
    warning: OptionalWords = None


class WatchedFile(SQLModel, table=True):
    """What runs know of a file, and how it has looked since when, if that differs."""

    __tablename__ = "watched_files"

    task_id: PrimaryKey
    path: PrimaryWords
    store_id: Key
    size_bytes: OptionalCount = None
    mtime_ns: OptionalCount = None
    inode: OptionalCount = None
    hash: OptionalWords = None
    seen_size_bytes: OptionalCount = None
    seen_mtime_ns: OptionalCount = None
    seen_inode: OptionalCount = None
    differs_since: OptionalMoment = None


class RunChange(SQLModel, table=True):
    """A change of a file that a run was told."""

    __tablename__ = "run_changes"

    run_id: PrimaryKey
    path: PrimaryWords
    store_id: Key
    change: Words
    size_bytes: OptionalCount = None
