"""Walks over real folders, and all that can be in one."""

import hashlib
import os
import socket
from pathlib import Path

import pytest

from processor.rules.schedules.file_watch import parse
from processor.rules.snapshot import Entry
from processor.storage.files import MOST_READ_BYTES, Unavailable, Unsteady, Walk, full_path, named, read_hash, shown
from tests.permissions import permissions_count


def walk(root: Path, path: str) -> list[Entry]:
    return list(Walk(str(root), parse(path)).entries())


def paths(root: Path, path: str) -> list[str]:
    return [entry[0] for entry in walk(root, path)]


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_files_come_in_the_order_of_their_whole_paths(tmp_path: Path) -> None:
    make(tmp_path, "in/a/z", "in/a.csv", "in/a-b", "in/b", "in/a/a/x", "in/é", "in/Z", "in/𝄞", "in/\uffee")
    found = paths(tmp_path, "in/")
    assert found == sorted(found)
    assert found == sorted(found, key=str.encode)
    assert len(found) == 9


def test_an_entry_is_what_the_file_system_says(tmp_path: Path) -> None:
    make(tmp_path, "in/a")
    at = (tmp_path / "in/a").stat()
    assert walk(tmp_path, "in/") == [("in/a", 4, at.st_mtime_ns, at.st_ino)]


def test_a_pattern_says_which_files(tmp_path: Path) -> None:
    make(tmp_path, "in/a.csv", "in/b.txt", "in/x/c.csv", "in/x/y/d.csv", "in/.hidden/e.csv", "in/.f.csv")
    assert paths(tmp_path, "in/*.csv") == ["a.csv"]
    assert paths(tmp_path, "in/**/*.csv") == ["a.csv", "x/c.csv", "x/y/d.csv"]
    assert paths(tmp_path, "in/*/*.csv") == ["x/c.csv"]
    assert paths(tmp_path, "in") == ["in/a.csv", "in/b.txt", "in/x/c.csv", "in/x/y/d.csv"]
    assert paths(tmp_path, "in/a.csv") == ["a.csv"]
    assert paths(tmp_path, "in/none.csv") == []


def test_a_path_that_is_absolute_does_not_count_from_the_root(tmp_path: Path) -> None:
    make(tmp_path, "in/a")
    assert [entry[0] for entry in Walk("/nowhere", parse(f"{tmp_path}/in/")).entries()] == ["in/a"]


def test_a_link_counts_as_a_file_and_is_never_followed(tmp_path: Path) -> None:
    make(tmp_path, "in/a", "out/b")
    (tmp_path / "in/loop").symlink_to(".")
    (tmp_path / "in/up").symlink_to("../in")
    (tmp_path / "in/self").symlink_to("self")
    (tmp_path / "in/out").symlink_to("../out")
    assert paths(tmp_path, "in/") == ["in/a", "in/loop", "in/out", "in/self", "in/up"]
    assert paths(tmp_path, "in/**/*") == ["a", "loop", "out", "self", "up"]


def test_the_folder_that_a_path_begins_in_may_be_reached_through_a_link(tmp_path: Path) -> None:
    make(tmp_path, "real/a")
    (tmp_path / "in").symlink_to("real")
    assert paths(tmp_path, "in") == paths(tmp_path, "in/") == ["in/a"]
    assert paths(tmp_path, "in/*") == ["a"]


def test_sockets_pipes_and_devices_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "in/a")
    os.mkfifo(tmp_path / "in/pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "in/socket"))
        assert paths(tmp_path, "in/") == ["in/a"]
    assert paths(tmp_path, "in/pipe") == []
    assert walk(Path("/"), "dev/null") == []


def test_names_that_are_no_utf8_are_shown_and_found_again(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/in"
    Path(os.fsdecode(folder)).mkdir()
    names = [b"\xff", b"\\xff", b"a\\\xfe\\", b"\\\\x41", "é".encode(), b"new\nline"]
    for name in names:
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(name)
    found = walk(tmp_path, "in/")
    assert {os.fsencode(named(entry[0])).removeprefix(b"in/") for entry in found} == set(names)
    assert [entry[0].encode() for entry in found] == sorted(entry[0].encode() for entry in found)
    for entry in found:
        content = os.fsencode(named(entry[0])).removeprefix(b"in/")
        assert read_hash(str(tmp_path), entry) == hashlib.blake2b(content, digest_size=16).hexdigest()
    assert full_path("/data", shown(os.fsdecode(b"\xff"))) == "/data/\\xff"


def test_what_does_not_fit_into_a_column_is_cut(tmp_path: Path) -> None:
    make(tmp_path, "in/a")
    os.utime(tmp_path / "in/a", ns=(0, -1_000))
    ((_, _, mtime_ns, _),) = walk(tmp_path, "in/")
    assert 0 <= mtime_ns < 2**63


@pytest.mark.parametrize("path", ["in/", "in/*.csv", "in/a.csv"])
def test_a_missing_folder_says_nothing_about_its_files(tmp_path: Path, path: str) -> None:
    with pytest.raises(Unavailable, match="No such file") as missing:
        walk(tmp_path, path)
    assert missing.value.is_missing


def test_a_file_in_the_place_of_the_folder_is_no_folder(tmp_path: Path) -> None:
    make(tmp_path, "in")
    for path in ("in/", "in/*"):
        with pytest.raises(Unavailable, match="not a folder"):
            walk(tmp_path, path)
    with pytest.raises(Unavailable, match="not a folder"):
        Walk(str(tmp_path), parse("in"), was_folder=True)


def test_a_folder_that_goes_away_during_the_walk_says_nothing(tmp_path: Path) -> None:
    make(tmp_path, "in/a", "in/b", "other/c")
    entries = Walk(str(tmp_path), parse("in/")).entries()
    assert next(entries)[0] == "in/a"
    (tmp_path / "in").rename(tmp_path / "gone")
    (tmp_path / "other").rename(tmp_path / "in")
    with pytest.raises(Unavailable, match="replaced"):
        list(entries)


def test_a_folder_below_that_vanishes_during_the_walk_is_empty(tmp_path: Path) -> None:
    make(tmp_path, "in/a", "in/b/c", "in/d")
    walk = Walk(str(tmp_path), parse("in/"))
    entries = walk.entries()
    assert next(entries)[0] == "in/a"
    (tmp_path / "in/b/c").unlink()
    (tmp_path / "in/b").rmdir()
    assert [entry[0] for entry in entries] == ["in/d"]
    assert not walk.unseen.covers("in/b/c")


def test_a_folder_too_deep_to_be_read_is_unseen_and_stops_nothing(tmp_path: Path) -> None:
    make(tmp_path, "in/a", "in/z")
    deep = os.open(tmp_path / "in", os.O_RDONLY)
    for _ in range(20):
        os.mkdir("n" * 250, dir_fd=deep)
        below = os.open("n" * 250, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(deep)
    walk = Walk(str(tmp_path), parse("in/"))
    assert [entry[0] for entry in walk.entries()] == ["in/a", "in/z"]
    ((path, reason),) = walk.unseen.reasons.items()
    assert (path[-1], reason) == ("/", "File name too long")
    assert walk.unseen.covers(path + "x/y")
    assert not walk.unseen.covers("in/a")


def test_what_may_not_be_read_is_unseen_and_stops_nothing(tmp_path: Path) -> None:
    make(tmp_path, "in/a", "in/closed/b", "in/listed/c", "in/z")
    (tmp_path / "in/closed").chmod(0)
    (tmp_path / "in/listed").chmod(0o400)
    walk = Walk(str(tmp_path), parse("in/"))
    with permissions_count():
        found = [entry[0] for entry in walk.entries()]
    (tmp_path / "in/closed").chmod(0o700)
    (tmp_path / "in/listed").chmod(0o700)
    assert found == ["in/a", "in/z"]
    assert walk.unseen.reasons == {"in/closed/": "Permission denied", "in/listed/c": "Permission denied"}
    assert walk.unseen.covers("in/closed/b")
    assert walk.unseen.covers("in/listed/c")


def test_a_file_that_may_not_be_read_is_seen_and_has_no_hash(tmp_path: Path) -> None:
    make(tmp_path, "in/a")
    (tmp_path / "in/a").chmod(0)
    (entry,) = walk(tmp_path, "in/")
    with permissions_count():
        assert read_hash(str(tmp_path), entry) is None


def test_a_hash_is_of_the_content_and_of_where_a_link_points(tmp_path: Path) -> None:
    make(tmp_path, "in/a")
    (tmp_path / "in/b").symlink_to("in/a")
    (tmp_path / "in/c").symlink_to("in/a")
    (tmp_path / "in/d").write_text("in/a")
    a, b, c, d = (read_hash(str(tmp_path), entry) for entry in walk(tmp_path, "in/"))
    assert (a, b) == (d, c)
    assert a != b


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    make(tmp_path, "in/a")
    os.truncate(tmp_path / "in/a", MOST_READ_BYTES + 1)
    (entry,) = walk(tmp_path, "in/")
    assert read_hash(str(tmp_path), entry) is None


@pytest.mark.parametrize("become", ["longer", "gone", "pipe", "link", "other"])
def test_a_file_that_is_not_as_it_was_seen_is_not_hashed(tmp_path: Path, become: str) -> None:
    make(tmp_path, "in/a")
    file = tmp_path / "in/a"
    (entry,) = walk(tmp_path, "in/")
    if become == "longer":
        file.write_text("longer")
    elif become == "other":
        make(tmp_path, "other/in/a")
        os.utime(tmp_path / "other/in/a", ns=(entry[2], entry[2]))
        (tmp_path / "other/in/a").replace(file)
    else:
        file.unlink()
    if become == "pipe":
        os.mkfifo(file)
    elif become == "link":
        file.symlink_to("abcd")
    with pytest.raises(Unsteady):
        read_hash(str(tmp_path), entry)
