"""The tables as SQLModel classes, one file per noun; `sql/migrations` is the truth.

A class is made when it is first asked for: all of them would cost a tick more than what it does with the few it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from processor.models.adaptive import ScheduleDecision, ScheduleProposal
    from processor.models.approval import Approval
    from processor.models.board import Board, BoardColumn, Card, CardComment, RunCard
    from processor.models.control import EmergencyStop, ProviderCircuit
    from processor.models.endpoint import Endpoint
    from processor.models.event import AuditEntry, Event
    from processor.models.job import Job, JobRun, JobRunStep
    from processor.models.ledger import JobLedgerRow, LedgerRow
    from processor.models.project import Contact, Document, Project
    from processor.models.run import Run, RunAttempt, RunLog, RunRequest
    from processor.models.store import Store
    from processor.models.task import Task, TaskNote
    from processor.models.tick import Heartbeat, LatestEdit, Tick
    from processor.models.turn import LlmCall, ToolCall, Turn
    from processor.models.watch import FileWatch, RunChange, WatchedFile
    from processor.models.webhook import OutboxEntry, Webhook

__all__ = [
    "Approval",
    "AuditEntry",
    "Board",
    "BoardColumn",
    "Card",
    "CardComment",
    "Contact",
    "Document",
    "EmergencyStop",
    "Endpoint",
    "Event",
    "FileWatch",
    "Heartbeat",
    "Job",
    "JobLedgerRow",
    "JobRun",
    "JobRunStep",
    "LatestEdit",
    "LedgerRow",
    "LlmCall",
    "OutboxEntry",
    "Project",
    "ProviderCircuit",
    "Run",
    "RunAttempt",
    "RunCard",
    "RunChange",
    "RunLog",
    "RunRequest",
    "ScheduleDecision",
    "ScheduleProposal",
    "Store",
    "Task",
    "TaskNote",
    "Tick",
    "ToolCall",
    "Turn",
    "WatchedFile",
    "Webhook",
]

_FILES = {
    "adaptive": ("ScheduleDecision", "ScheduleProposal"),
    "approval": ("Approval",),
    "board": ("Board", "BoardColumn", "Card", "CardComment", "RunCard"),
    "control": ("EmergencyStop", "ProviderCircuit"),
    "endpoint": ("Endpoint",),
    "event": ("AuditEntry", "Event"),
    "job": ("Job", "JobRun", "JobRunStep"),
    "ledger": ("JobLedgerRow", "LedgerRow"),
    "project": ("Contact", "Document", "Project"),
    "run": ("Run", "RunAttempt", "RunLog", "RunRequest"),
    "store": ("Store",),
    "task": ("Task", "TaskNote"),
    "tick": ("Heartbeat", "LatestEdit", "Tick"),
    "turn": ("LlmCall", "ToolCall", "Turn"),
    "watch": ("FileWatch", "RunChange", "WatchedFile"),
    "webhook": ("OutboxEntry", "Webhook"),
}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_FILE_OF[name]}"), name)
    return found
