"""What docs/states.md says of failures is what the program does."""

import re

from processor.rules import retry, run_state
from processor.rules.retry import HOPELESS, RETRIED
from processor.rules.run_state import ErrorClass
from tests.conftest import ROOT


def table() -> dict[str, str]:
    """Error class → whether it starts again, as the page says it."""
    page = (ROOT / "docs/states.md").read_text(encoding="utf-8").partition("| class |")[2]
    return dict(re.findall(r"^\| `(\w+)` \|.*\| (yes|if asked|no) \|$", page, re.MULTILINE))


def starts_again(name: str) -> str:
    if name in RETRIED:
        return "yes"
    return "if asked" if HOPELESS[ErrorClass(name)] is None else "no"


def test_the_failures_that_start_again_are_the_ones_that_the_page_says() -> None:
    assert {name: starts_again(name) for name in table()} == table()


def test_the_page_lists_every_failure_that_can_occur_and_no_other() -> None:
    about_all = {run_state.__file__, retry.__file__}
    sources = [path for path in (ROOT / "processor").rglob("*.py") if str(path) not in about_all]
    named = {name for path in sources for name in re.findall(r"\bErrorClass\.([A-Z_]+)", path.read_text("utf-8"))}
    assert set(table()) == {ErrorClass[name] for name in named}
