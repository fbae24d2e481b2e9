import sys

import pytest

from processor.lazy import load


def test_a_path_leads_to_what_it_names() -> None:
    assert load("collections:OrderedDict") is sys.modules["collections"].OrderedDict


@pytest.mark.parametrize("path", ["no_such_package.module:Name", "collections:NoSuchName"])
def test_a_path_that_leads_nowhere_is_an_error(path: str) -> None:
    with pytest.raises((ImportError, AttributeError)):
        load(path)
