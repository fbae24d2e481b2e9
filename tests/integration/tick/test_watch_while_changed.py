"""A folder that another process changes while looks go on, and after: nothing is lost, nothing is told twice."""

import subprocess
import sys
from pathlib import Path

from processor.tick import watch
from tests import looking
from tests.integration.tick.watching import SETTLE, Watching
from tests.world import World

DISTURBANCE = """
import os, random, sys, time
folder, seed = sys.argv[1], int(sys.argv[2])
os.chdir(folder)
choose = random.Random(seed)
names = [f"{part}{number}" for part in ("", "x/", "x/y/") for number in range(6)]
os.makedirs("x/y")

def write(name, mode):
    with open(name, mode) as file:
        for _ in range(3):
            file.write(choose.choice("abc"))
            file.flush()
            time.sleep(0.001)

def link(name):
    remove(name)
    os.symlink(choose.choice(names), name)

def remove(name):
    if os.path.lexists(name):
        os.remove(name)

def rename(name):
    if os.path.lexists(name):
        os.replace(name, choose.choice(names))

def ahead(name):
    if os.path.isfile(name):
        os.utime(name, (2e9, 2e9 + choose.randrange(9)))

for _ in range(400):
    name = choose.choice(names)
    match choose.randrange(6):
        case 0: remove(name), write(name, "w")
        case 1 if not os.path.islink(name): write(name, "a")
        case 2: remove(name)
        case 3: rename(name)
        case 4: link(name)
        case 5: ahead(name)
print("done")
"""


def test_each_change_of_another_process_is_told_once(world: World, tmp_path: Path) -> None:
    watching = Watching(world, tmp_path)
    watching.look()
    view: set[str] = set()
    arguments = [sys.executable, "-c", DISTURBANCE, str(watching.folder), "7"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as other:
        while other.poll() is None:
            hear(watching, view, after_seconds=20)
        assert other.stdout is not None
        assert other.stdout.read() == "done\n"
    for _ in range(8):
        hear(watching, view, after_seconds=SETTLE)
    assert view == {str(path.relative_to(tmp_path)) for path in there(watching.folder)}
    rows = {row.path: row for row in watching.remembered()}
    assert rows.keys() == view
    assert all(row.differs_since is None and row.hash is not None for row in rows.values())
    assert watching.settled() == []


def hear(watching: Watching, view: set[str], after_seconds: int) -> None:
    """Look, as two ticks at once or one that is killed, and let the run know what it is told."""
    watching.world.clock.advance(after_seconds)
    database, before = watching.world.database, watching.watch()
    looks = [watch.seen(database, str(watching.root), before) for _ in range(2)]
    for look in looks:
        for path, change in watching.told(looking.kept(database, before, look)):
            assert (change == "created") == (path not in view)
            (view.discard if change == "deleted" else view.add)(path)


def there(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
