"""`processor jobs run`: a pass through a job's order by hand, at once in this process or left to the next tick."""

from typing import Annotated, Any

import typer

from processor.cli.access import actor, changing, looking, opened, store_id
from processor.cli.guard import leave
from processor.cli.job_options import EXAMPLE_ID, Which
from processor.cli.job_show import show_job, way_on
from processor.cli.options import DEFAULT_STORE, AsJson, DryRun, Store, verb
from processor.cli.preview import cost_in_words
from processor.cli.progress import configure_log
from processor.cli.render import brief, say, show_json, show_line, show_table
from processor.cli.reports import LONGEST_OUTPUT, show_conflict
from processor.cli.ticking import execute_pass, require_going, terminable
from processor.context import Listener, unheard
from processor.errors import Conflict
from processor.services import jobs, naming, runs
from processor.services.runs import RunView
from processor.settings import load_settings
from processor.storage.work import Work
from processor.tick.plan import with_cost

STEPS = {
    "position": "STEP",
    "task_name": "NAME",
    "skip_reason": "SKIPPED",
    "expected_cost_usd": "EXPECTED USD",
    "task_id": "TASK ID",
}
From = Annotated[int, typer.Option("--from", metavar="N", help="Begin with this task of the order; 1 is the first.")]
Queue = Annotated[bool, typer.Option("--queue", help="Leave the first task to the next tick.")]


def add_to(app: typer.Typer) -> None:
    """Add this verb to the app of the noun."""
    examples = (f"processor jobs run {EXAMPLE_ID}", "processor jobs run 'Daily maintenance' --from 3 --json")
    verb(app, "run", *examples)(run_job)


def run_job(
    job: Which,
    first: From = 1,
    queue: Queue = False,
    dry_run: DryRun = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """Run the tasks of a job in their order, now; exit 0 when the pass has ended, however it ended.

    What has to wait, a retry for example, is left to the ticks, which go on with the pass.
    """
    try:
        if dry_run:
            _show_plan(job, first, store, as_json=json)
        elif queue:
            _queue(job, first, store, as_json=json)
        else:
            _execute(job, first, store, as_json=json)
    except Conflict as error:
        show_conflict(error, as_json=json)
        raise


def _show_plan(job: str, first: int, store: str, *, as_json: bool) -> None:
    with looking(store) as (work, found_id):
        plan = jobs.planned(work, found_id, naming.job_id(work, found_id, job), first)
        steps = with_cost(work, [dict(step) for step in plan["steps"]])
    going = [step["expected_cost_usd"] for step in steps if step["skip_reason"] is None]
    expected, unknown = round(sum(cost or 0 for cost in going), 9), going.count(None)
    if as_json:
        costs = {"expected_cost_usd": expected, "without_history": unknown}
        show_json({"dry_run": True, **plan, "steps": steps, **costs})
        return
    show_table(steps, STEPS)
    count = f"{len(going)} of {plan['total']} tasks of job '{plan['job_name']}'"
    show_line(f"Would run {count} ({cost_in_words(expected, unknown)}). Nothing was written.")


def _queue(job: str, first: int, store: str, *, as_json: bool) -> None:
    with changing(store) as (work, found_id):
        job = naming.job_id(work, found_id, job)
        jobs.start(work, found_id, job, first)
        shown = jobs.view(work, jobs.get(work, found_id, job))
    show_job(shown, as_json=as_json, store=store)
    say(f"The next tick begins with task {shown['progress']}.")


def _execute(job: str, first: int, store: str, *, as_json: bool) -> None:
    settings = load_settings()
    configure_log(quiet=True)
    with opened(settings) as database, terminable():
        with database.reading() as work:
            found_id = store_id(work, store)
            job = naming.job_id(work, found_id, job)
        require_going(database, settings)
        started = _Started(found_id, job, first)
        report = execute_pass(database, settings, found_id, started.begin, started.heard)
        with database.reading() as work:
            shown = jobs.view(work, jobs.get(work, found_id, job))
            said = _outcome(work, shown, store)
    if report.error:
        say(report.error)
    if not report.exit_code:
        show_job(shown, as_json=as_json, store=store)
    say(said)
    if report.exit_code:
        leave(report.exit_code)


class _Started:
    """The pass that this process begins, and how its steps are called while they run."""

    def __init__(self, store_id: str, job_id: str, first: int) -> None:
        self._store_id = store_id
        self._job_id = job_id
        self._first = first
        self._names: dict[object, str] = {}

    def begin(self, work: Work) -> str:
        """Begin it, and note its order as it is now; return its id."""
        work.actor = actor()
        begun = jobs.start(work, self._store_id, self._job_id, self._first)
        shown = jobs.view(work, jobs.get(work, self._store_id, self._job_id))
        steps = [task for task in shown["tasks"] if task["step"] is not None]
        self._names = {
            task["id"]: f"Task {index}/{len(steps)} '{task['name']}'" for index, task in enumerate(steps, start=1)
        }
        return str(begun["id"])

    def heard(self, listener: Listener) -> Listener:
        """Tell a listener, or where none listens standard error, which step of how many begins."""

        def hear(event: str, /, **fields: object) -> None:
            if event == "run.started":
                name = self._names.get(fields["task_id"], fields["task_name"])
                fields |= {"task_name": name}
                if listener is unheard:
                    say(f"{name} …")
            listener(event, **fields)

        return hear


def _outcome(work: Work, shown: dict[str, Any], store: str) -> str:
    """One line about how the pass ended, or where it is and who goes on with it."""
    newest = shown["job_run"]
    if newest["state"] == "succeeded":
        return f"Completed {shown['progress']}"
    step = next((task for task in shown["tasks"] if task["step"] == newest["position"]), None)
    where = f"task {shown['progress']}" + ("" if step is None else f" ('{step['name']}')")
    run = None if newest["run_id"] is None else runs.get(work, shown["store_id"], newest["run_id"])
    if newest["state"] == "running":
        return f"{where[0].upper()}{where[1:]} {_obstacle(run)}"
    why = "" if run is None or not run["error"] else f": {brief(run['error'], LONGEST_OUTPUT).rstrip('.')}"
    how = "Failed" if newest["state"] == "failed" else "Cancelled"
    command = way_on(shown, store)
    return f"{how} at {where}{why}." + ("" if command is None else f" '{command}' goes on there")


def _obstacle(run: RunView | None) -> str:
    if run is None or run["state"] == "running":
        return "is executed by another process, which goes on with the pass"
    if run["state"] == "queued":
        return "has another run in its way: a tick goes on when that has ended"
    if run["waiting_for"] == "resume":
        return "was handed back: the next tick goes on with it"
    until = "" if run["not_before"] is None else f" until {run['not_before']}"
    return f"waits ({run['waiting_for']}){until}: a tick after that goes on with it"
