import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import InvalidSchedule
from processor.rules.schedules.file_watch import Pattern, file_watch, parse

NAMES = st.sampled_from(["a", "b", "a.csv", "b.csv", ".hidden", ".a.csv", "[x]", "new\nline.csv", "é.csv"])
PARTS = st.sampled_from(["*", "**", "a", "*.csv", "[ab]*", "?", ".*", "b", "[[]x]"])


def watched(pattern: Pattern, path: str) -> bool:
    """Match a path below the base as a walk does: folder by folder, then the file."""
    *folders, name = path.split("/")
    places = pattern.start
    for folder in folders:
        places = pattern.after(places, folder)
    return bool(places) and pattern.watched(places)(name) is not None


def expected(parts: list[str], names: list[str]) -> bool:
    """The grammar, said a second time: part by part, with all that `**` may stand for."""
    if not parts or not names:
        return not parts and not names
    if parts[0] == "**":
        return expected(parts[1:], names) or (not names[0].startswith(".") and expected(parts, names[1:]))
    return fits(parts[0], names[0]) and expected(parts[1:], names[1:])


def fits(part: str, name: str) -> bool:
    if name.startswith(".") and not part.startswith("."):
        return False
    simple = {
        "*": True,
        "*.csv": name.endswith(".csv"),
        "[ab]*": name[0] in "ab",
        "?": len(name) == 1,
        ".*": name.startswith("."),
        "[[]x]": name == "[x]",
    }
    return simple.get(part, name == part)


@given(st.lists(PARTS, min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=4))
def test_a_path_is_watched_if_its_names_fit_the_parts(parts: list[str], names: list[str]) -> None:
    pattern = parse("/" + "/".join(["*", *parts]))
    assert pattern.base == "/"
    ended = [*parts, "*"] if parts[-1] == "**" else parts
    assert watched(pattern, "/".join(["top", *names])) == expected(["*", *ended], ["top", *names])


@pytest.mark.parametrize(
    ("path", "base", "parts"),
    [
        ("/data/in.csv", "/data", ("in.csv",)),
        ("in.csv", "", ("in.csv",)),
        ("/in.csv", "/", ("in.csv",)),
        ("/data//./in/", "/data", ("in", "**", "*")),
        ("/data/*.csv", "/data", ("*.csv",)),
        ("data/**/*.csv", "data", ("**", "*.csv")),
        ("/data/**", "/data", ("**", "*")),
        ("/data/**/**/x", "/data", ("**", "x")),
        ("/data/*/in/", "/data", ("*", "in", "**", "*")),
    ],
)
def test_a_path_is_read_as_a_base_and_parts(path: str, base: str, parts: tuple[str, ...]) -> None:
    assert parse(path) == Pattern(base, parts)


def test_a_path_without_wildcards_may_be_a_file_or_a_folder() -> None:
    assert parse("/data/in").is_literal
    assert not parse("/data/in").is_folder
    assert parse("/data/in/").is_folder
    assert parse("/data/in").as_folder == parse("/data/in/")
    assert not parse("/data/*").is_literal


def test_all_files_below_a_folder_are_watched_but_hidden_ones() -> None:
    pattern = parse("/data/in/")
    assert watched(pattern, "in/a")
    assert watched(pattern, "in/x/y/a")
    assert not watched(pattern, "in/.a")
    assert not watched(pattern, "in/.git/a")
    assert not watched(pattern, "other/a")


def test_a_folder_that_is_hidden_itself_is_watched_where_it_is_named() -> None:
    assert watched(parse("/data/.in/"), ".in/a")


def test_a_folder_that_cannot_hold_a_watched_file_is_not_gone_into() -> None:
    pattern = parse("/data/a*/x/*.csv")
    assert not pattern.after(pattern.start, "b")
    assert not pattern.after(pattern.after(pattern.start, "a1"), "y")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "write it like"),
        ("/", "write it like"),
        ("/data/../etc/*", "without '..'"),
        ("~/in", "home folder"),
        ("/data/a**/x", "stands alone"),
        ("/data/\0", "no text"),
        ("/data/\udcff", "no text"),
        ("/" + "x" * 5_000, "too long"),
    ],
)
def test_a_path_that_cannot_be_watched_is_refused_with_what_to_do(path: str, message: str) -> None:
    with pytest.raises(InvalidSchedule, match=message.replace("*", r"\*")):
        file_watch(path)


@pytest.mark.parametrize("seconds", [-1, 86_401])
def test_a_settle_time_is_a_day_at_most(seconds: int) -> None:
    with pytest.raises(InvalidSchedule, match="settle time"):
        file_watch("/data/in", seconds)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/data/in.csv", "When /data/in.csv changes"),
        ("/data/in/", "When a file below /data/in/ changes"),
        ("/data/*.csv", "When a file like /data/*.csv changes"),
    ],
)
def test_a_watch_is_said_in_words(path: str, words: str) -> None:
    assert file_watch(path).describe() == words


def test_a_watch_has_no_slots() -> None:
    assert list(file_watch("/data/in").slots(0, 10**10)) == []
    assert file_watch("/data/in").count(0, 10**10) == 0
