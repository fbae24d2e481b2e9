import pytest

from processor.errors import InvalidInput, NotFound
from processor.services import jobs, naming
from processor.storage.work import Work
from tests.conftest import Stores
from tests.world import World


def job(work: Work, store_id: str, name: str) -> str:
    return jobs.create(work, store_id, {"name": name}).id


def test_a_task_goes_by_its_id_its_name_and_the_beginning_of_its_id(world: World, stores: Stores) -> None:
    task_id = world.task(stores.mine, name="Morning review")
    world.task(stores.mine, name="Evening review")
    with world.database.reading() as work:
        for given in (task_id, task_id.upper(), task_id.replace("-", ""), "Morning review", "  Morning \n review "):
            assert naming.task_id(work, stores.mine, given) == task_id
        assert naming.task_id(work, stores.mine, task_id[:35].upper()) == task_id


def test_a_job_goes_by_its_name_and_the_beginning_of_its_id(world: World, stores: Stores) -> None:
    with world.database.writing() as work:
        job_id = job(work, stores.mine, "Daily")
        for given in ("Daily", job_id, job_id[:-1], job_id.replace("-", "")[:31]):
            assert naming.job_id(work, stores.mine, given) == job_id


@pytest.mark.parametrize(
    "given", ["", "Dail", "daily", "%", "D____", "0", "-------", "--------", "zzzzzzzz", "0123456789", "🦊" * 5_000]
)
def test_what_names_nothing_is_not_found(world: World, stores: Stores, given: str) -> None:
    world.task(stores.mine, name="Daily")
    with world.database.reading() as work:
        with pytest.raises(NotFound, match="There is no task"):
            naming.task_id(work, stores.mine, given)
        with pytest.raises(NotFound, match="There is no job"):
            naming.job_id(work, stores.mine, given)


@pytest.mark.parametrize("given", ["a\0b", "\udce4"])
def test_a_name_that_no_database_can_hold_is_refused(world: World, stores: Stores, given: str) -> None:
    with world.database.reading() as work, pytest.raises(InvalidInput, match="cannot be stored"):
        naming.task_id(work, stores.mine, given)


def test_fewer_characters_of_an_id_than_eight_and_hyphens_elsewhere_name_nothing(world: World, stores: Stores) -> None:
    task_id = world.task(stores.mine)
    with world.database.reading() as work:
        assert naming.task_id(work, stores.mine, task_id[:8]) == task_id
        for given in (task_id[:7], f"{task_id[:7]}-{task_id[7]}", f"{task_id}0"):
            with pytest.raises(NotFound):
                naming.task_id(work, stores.mine, given)


def test_an_ambiguous_name_is_refused_with_the_ids_that_it_may_mean(world: World, stores: Stores) -> None:
    with world.database.writing() as work:
        daily = job(work, stores.mine, "Daily")
    alone = world.task(stores.mine, name="Fetch")
    member = world.task(stores.mine, name="Fetch", job_id=daily)
    with world.database.reading() as work:
        with pytest.raises(InvalidInput, match=rf"'Fetch' may be 2 tasks: .*{alone}, {member} \(job 'Daily'\)"):
            naming.task_id(work, stores.mine, "Fetch")
        assert naming.task_id(work, stores.mine, "Fetch", daily) == member


def test_of_many_that_a_name_may_mean_five_are_told(world: World, stores: Stores) -> None:
    for _ in range(7):
        world.task(stores.mine, name="Fetch")
    with world.database.reading() as work, pytest.raises(InvalidInput, match="may be 7 tasks") as refused:
        naming.task_id(work, stores.mine, "Fetch")
    assert str(refused.value).count(", ") == 6
    assert str(refused.value).endswith(", …")


def test_what_another_store_has_is_not_meant(world: World, stores: Stores) -> None:
    mine = world.task(stores.mine, name="Fetch")
    theirs = world.task(stores.stranger, name="Fetch")
    only_theirs = world.task(stores.stranger, name="Clean")
    with world.database.reading() as work:
        assert naming.task_id(work, stores.mine, "Fetch") == mine
        assert naming.task_id(work, stores.stranger, "Fetch") == theirs
        assert naming.task_id(work, None, "Clean") == only_theirs
        with pytest.raises(NotFound):
            naming.task_id(work, stores.mine, "Clean")
        with pytest.raises(NotFound):
            naming.task_id(work, stores.mine, only_theirs[:35])
        with pytest.raises(InvalidInput, match="may be 2 tasks"):
            naming.task_id(work, None, "Fetch")


def test_a_name_goes_before_the_beginning_of_an_id(world: World, stores: Stores) -> None:
    other = world.task(stores.mine)
    called_so = world.task(stores.mine, name=other[:35])
    with world.database.reading() as work:
        assert naming.task_id(work, stores.mine, other[:35]) == called_so


def test_ids_are_told_by_their_names(world: World, stores: Stores) -> None:
    task_id = world.task(stores.mine, name="Fetch")
    with world.database.writing() as work:
        job_id = job(work, stores.stranger, "Daily")
        known = naming.called(work, [task_id, job_id, stores.mine])
    assert known == {task_id: "Fetch", job_id: "Daily"}
