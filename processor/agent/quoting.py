"""Text that an agent or a stranger may have written, as it may stand in a message of ours."""

import re

_TAG = re.compile(
    r"<(/?\s*(?:task|run|changed_files|earlier_runs|earlier_steps|step_result|note_from_the_last_run)\b)", re.IGNORECASE
)


def as_data(text: str) -> str:
    """The text with no tag in it that could open or close a part of the message."""
    return _TAG.sub(r"&lt;\1", text)


def in_one_line(text: str) -> str:
    """The same, each run of white space one blank."""
    return as_data(" ".join(text.split()))
