"""The shape of the repository: sizes, names, and what must not be written into it."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE_LINES = 300
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "helpers", "helper", "manager", "base", "misc"}
STATEMENT = re.compile(
    r"\s*(SELECT|INSERT INTO|INSERT OR|UPDATE \S+ SET|DELETE FROM|WITH \w+ AS|CREATE (TABLE|INDEX|VIEW|TRIGGER))\s"
)


def tracked(*patterns: str) -> list[Path]:
    """List the files that git knows, and new ones that it does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]
    assert found
    return found


def test_every_file_fits_in_one_reading() -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in tracked("*.py", "scripts/*", "sql/queries/*")}
    assert {path: length for path, length in lengths.items() if length >= LONGEST_FILE_LINES} == {}


def test_every_name_says_what_is_inside() -> None:
    words = {path: re.split(r"[/_.]", str(path.relative_to(ROOT))) for path in tracked("*.py")}
    assert [path for path, parts in words.items() if not NAMES_THAT_SAY_NOTHING.isdisjoint(parts)] == []


def test_python_holds_no_sql() -> None:
    texts = [(path.name, text) for path in tracked("processor/*.py") for text in texts_of(path)]
    assert [(name, text) for name, text in texts if STATEMENT.match(text)] == []


def texts_of(path: Path) -> Iterator[str]:
    """Yield every text of a module but its docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_nothing_depends_on_the_folders_of_whoever_wrote_it() -> None:
    folders = (f"{ROOT}/", f"{Path.home()}/")
    texts = {str(path): path.read_text(errors="replace") for path in tracked()}
    assert [path for path, text in texts.items() if any(folder in text for folder in folders)] == []
