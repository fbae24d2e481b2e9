"""Ends a run whose workers went silent too often: nobody starts it again."""

from processor.agent import endings
from processor.agent.outcome import Failed
from processor.agent.run_log import RunLog
from processor.rules.run_state import ErrorClass
from processor.storage.runs import Claim
from processor.storage.work import Work


def give_up(work: Work, claim: Claim) -> None:
    """Fail the run, or cancel it if somebody asked for that, in the transaction that claimed it."""
    said = (
        f"The run's worker went silent {claim.recoveries} times, so it is not started again: "
        "see 'processor runs logs', the host's memory and its tools, then 'processor runs retry'"
    )
    failure = endings.failed(Failed(ErrorClass.CRASH_LOOP, said), chance=0)
    endings.leave(work, failure, claim, 0, RunLog(claim))
