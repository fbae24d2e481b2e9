from tests.integration.cli.conftest import Processor


def test_no_jobs_say_what_to_do_next(processor: Processor) -> None:
    outcome = processor("jobs", "list")
    assert (outcome.code, outcome.out) == (0, "")
    assert "processor jobs create" in outcome.err


def test_a_job_is_made_listed_and_shown(processor: Processor, task_id: str) -> None:
    made = processor("jobs", "create", "--name", "Maintenance", "--every", "4h", "--json").json
    assert processor("jobs", "list", "--json").json == [made]
    assert processor("jobs", "get", made["id"], "--json").json == made
    table = processor("jobs", "list").out
    assert made["id"] in table
    assert "Every 4 hours" in table
    assert table.endswith("(Unassigned): 1 task\n")
    assert task_id not in table
    assert "Pending (0/0)" in processor("jobs", "get", made["id"]).out


def test_a_stranger_can_do_nothing_with_my_job(processor: Processor) -> None:
    job_id = processor("jobs", "create", "--name", "Maintenance", "--json").json["id"]
    processor("stores", "create", "--name", "stranger")
    assert processor("jobs", "list", "--store", "stranger", "--json").json == []
    for verb, *options in [["get"]]:
        outcome = processor("jobs", verb, job_id, *options, "--store", "stranger")
        assert (outcome.code, outcome.out) == (1, ""), verb
        assert job_id in outcome.err
