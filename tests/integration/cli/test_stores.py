from tests.integration.cli.conftest import Processor


def test_a_store_is_created_listed_and_found_by_name_and_id(processor: Processor) -> None:
    made = processor("stores", "create", "--name", "team", "--json").json
    assert [store["name"] for store in processor("stores", "list", "--json").json] == ["default", "team"]
    assert processor("stores", "get", "team", "--json").json == made
    assert processor("stores", "get", made["id"], "--json").json == made
    assert "team" in processor("stores", "list").out


def test_a_store_is_changed_by_what_is_given(processor: Processor) -> None:
    changed = processor("stores", "update", "default", "--misfire", "latest", "--json").json
    assert changed["misfire"] == "latest"
    assert processor("stores", "get", "default", "--json").json == changed


def test_what_cannot_be_is_refused_in_one_line(processor: Processor) -> None:
    processor("stores", "create", "--name", "team")
    for arguments, said in (
        (["create", "--name", "team"], "exists already"),
        (["get", "nobody"], "processor stores list"),
        (["update", "team"], "Nothing to change"),
        (["update", "team", "--misfire", "never"], "skip, latest, all"),
    ):
        outcome = processor("stores", *arguments)
        assert (outcome.code, outcome.out) == (1, "")
        assert said in outcome.err
        assert outcome.err.count("\n") == 1


def test_lists_are_cut_where_one_says(processor: Processor) -> None:
    for name in "abc":
        processor("stores", "create", "--name", name)
    assert len(processor("stores", "list", "--limit", "2", "--json").json) == 2
    assert len(processor("stores", "list", "--limit", "2", "--all", "--json").json) == 4
