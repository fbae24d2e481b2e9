import pytest

from processor.settings_names import unknown_variables


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("PROCESSOR_MAX_CONCURENCY", "PROCESSOR_MAX_CONCURENCY (did you mean PROCESSOR_MAX_CONCURRENCY?)"),
        ("PROCESSOR_DATABASE", "PROCESSOR_DATABASE (did you mean PROCESSOR_DATABASE_URL?)"),
        ("PROCESSOR_CLOCK", "PROCESSOR_CLOCK (did you mean PROCESSOR_CLOCK_FILE?)"),
        ("PROCESSOR_RETRIES", "PROCESSOR_RETRIES ('retries' stands in processor.yaml)"),
        ("PROCESSOR_COLOUR_OF_THE_SKY", "PROCESSOR_COLOUR_OF_THE_SKY"),
    ],
)
def test_a_variable_that_nothing_reads_is_named_with_what_was_meant(name: str, said: str) -> None:
    known = {"PROCESSOR_MODEL": "rehearsal", "PROCESSOR_DEBUG": "1", "PATH": "/bin"}
    assert unknown_variables(known | {name: "secret"}) == f"Ignored, because the program has no such setting: {said}"


def test_all_of_them_are_one_line() -> None:
    told = unknown_variables({"PROCESSOR_ONE_MORE": "1", "PROCESSOR_ANOTHER": "1"})
    assert told == "Ignored, because the program has no such setting: PROCESSOR_ANOTHER, PROCESSOR_ONE_MORE"


@pytest.mark.parametrize(
    "name", ["PROCESSOR_STOP", "PROCESSOR_ROOT", "PROCESSOR_SCRIPT", "PROCESSOR_CONFIG", "PROCESS"]
)
def test_nothing_is_said_of_variables_that_are_read_or_are_not_ours(name: str) -> None:
    assert unknown_variables({name: "1", "DATABASE_URL": "sqlite:///x.db"}) is None


def test_an_empty_variable_counts_as_none() -> None:
    assert unknown_variables({"PROCESSOR_MODLE": ""}) is None
