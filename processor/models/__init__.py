"""The tables as SQLModel classes, one file per noun; `sql/migrations` is the truth."""

from processor.models.approval import Approval
from processor.models.board import Board, BoardColumn, Card, CardComment, RunCard
from processor.models.control import EmergencyStop, ProviderCircuit
from processor.models.endpoint import Endpoint
from processor.models.event import AuditEntry, Event
from processor.models.job import Job, JobRun, JobRunStep
from processor.models.ledger import LedgerRow
from processor.models.project import Contact, Document, Project
from processor.models.run import Run, RunAttempt, RunLog, RunRequest
from processor.models.store import Store
from processor.models.task import Task, TaskNote
from processor.models.tick import Heartbeat, Tick
from processor.models.turn import LlmCall, ToolCall, Turn
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
    "Heartbeat",
    "Job",
    "JobRun",
    "JobRunStep",
    "LedgerRow",
    "LlmCall",
    "OutboxEntry",
    "Project",
    "ProviderCircuit",
    "Run",
    "RunAttempt",
    "RunCard",
    "RunLog",
    "RunRequest",
    "Store",
    "Task",
    "TaskNote",
    "Tick",
    "ToolCall",
    "Turn",
    "Webhook",
]
