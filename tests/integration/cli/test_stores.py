from tests.integration.cli.conftest import Processor


def test_a_store_is_created_listed_and_found_by_name_and_id(processor: Processor) -> None:
    made = processor("stores", "create", "--name", "team", "--json").json
    assert [store["name"] for store in processor("stores", "list", "--json").json] == ["default", "team"]
    assert processor("stores", "get", "team", "--json").json == made
    assert processor("stores", "get", made["id"], "--json").json == made
    assert "team" in processor("stores", "list").out


def test_a_store_is_changed_by_what_is_given(processor: Processor) -> None:
    given = ["--misfire", "latest", "--budget-usd-per-day", "2.5", "--policy", '{"create_card": "auto"}']
    changed = processor("stores", "update", "default", *given, "--json").json
    assert changed["misfire"] == "latest"
    assert changed["budget_usd_per_day"] == 2.5
    assert changed["policy"] == {"create_card": "auto"}
    assert (
        processor("stores", "update", "default", "--budget-usd-per-day", "none", "--json").json["budget_usd_per_day"]
        is None
    )


def test_what_cannot_be_is_refused_in_one_line(processor: Processor) -> None:
    processor("stores", "create", "--name", "team")
    for arguments, said in (
        (["create", "--name", "team"], "exists already"),
        (["get", "nobody"], "processor stores list"),
        (["update", "team"], "Nothing to change"),
        (["update", "team", "--policy", "{"], "no JSON"),
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
