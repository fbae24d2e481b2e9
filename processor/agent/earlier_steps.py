"""Tells a step's agent what the steps before it came to: each result as data, in a tag of its own."""

from collections.abc import Sequence

from processor.agent.quoting import as_data, in_one_line
from processor.rules.sequence import SkipReason
from processor.storage import step_results
from processor.storage.step_results import StepResult
from processor.storage.work import Work

LONGEST_RESULT = 2_000
"""Characters of one step's result that are shown."""
LONGEST_TOGETHER = 10_000
"""Characters of all results that are shown; the latest steps come first in using them."""

SKIPPED = {
    SkipReason.DISABLED: "its task was disabled",
    SkipReason.LEFT_JOB: "its task had left the job",
}


def render_earlier_steps(work: Work, store_id: str, run_id: str) -> str:
    """The results of the steps before a run's own in their order; empty if there are none."""
    steps = step_results.before(work, store_id, run_id)
    outputs = [as_data((step.output or "").strip()) for step in steps]
    shown = shares([len(output) for output in outputs])
    parts = [_part(*each) for each in zip(steps, outputs, shown, strict=True)]
    return "<earlier_steps>\n" + "\n".join(parts) + "\n</earlier_steps>" if parts else ""


def shares(lengths: Sequence[int]) -> list[int]:
    """How many characters are shown of results of these lengths, given in the order of their steps."""
    left = LONGEST_TOGETHER
    shown: list[int] = []
    for length in reversed(lengths):
        shown.append(min(length, LONGEST_RESULT, left))
        left -= shown[-1]
    return shown[::-1]


def _part(step: StepResult, output: str, shown: int) -> str:
    heading = f"Step {step.position}, {in_one_line(step.task_name)}"
    if step.pass_number is not None:
        heading += f", from pass {step.pass_number}"
    if step.skip_reason is not None:
        return f"{heading}: skipped, because {SKIPPED[step.skip_reason]}."
    if not step.has_run:
        return f"{heading}: this pass began after it, and it has never succeeded before."
    if not output:
        return f"{heading}: succeeded, and said nothing."
    if shown == 0:
        return f"{heading}: {len(output):,} characters, left out here."
    if shown < len(output):
        heading += f", the first {shown:,} of {len(output):,} characters"
    return f"{heading}:\n<step_result>\n{output[:shown]}\n</step_result>"
