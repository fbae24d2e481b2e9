"""What the database refuses: each constraint of the schema, with a statement that breaks it."""

from pathlib import Path
from string import Template
from uuid import NAMESPACE_OID, uuid5

HERE = Path(__file__).parent

WITHOUT_A_PROGRAM = ("contacts", "documents", "endpoints", "outbox", "webhooks")
"""Tables that nothing writes yet: their constraints are tested with what will write them."""

NUMBERED = ("audit_log_pkey", "events_pkey")
"""Numbers that the database itself gives: nobody can write one a second time."""

ONLY_REFERRED_TO = ("_store_id_id_key", "_store_id_board_id_id_key")
"""Unique because the primary key within them is: they are there to be referred to, and refuse nothing by themselves."""

TWINS = {
    "tool_calls_pkey": "tool_calls_store_id_run_id_turn_position_key",
    "file_watches_pkey": "file_watches_store_id_task_id_key",
}
"""What refuses the same rows, one for the sake of the references to it."""


def furnishing() -> str:
    """A row of every kind, as one text of statements."""
    return _with_ids((HERE / "furnished.sql").read_text())


def refused() -> dict[str, str]:
    """The name of each constraint, and what it refuses."""
    lines = _with_ids((HERE / "refused.sql").read_text()).splitlines()
    parts = [line.rpartition("; -- ") for line in lines if "; -- " in line]
    return {name: statement for statement, _, name in parts}


def _with_ids(text: str) -> str:
    template = Template(text)
    return template.substitute({word: str(uuid5(NAMESPACE_OID, word)) for word in template.get_identifiers()})
