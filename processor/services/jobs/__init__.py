"""Jobs: tasks that belong together, and their order. What can be asked for is here; the files beside it are how."""

from processor.services.jobs.cancelling import cancel
from processor.services.jobs.editing import create, update
from processor.services.jobs.fields import JobFields
from processor.services.jobs.order import move, order_after_move, order_as_named, reorder
from processor.services.jobs.passes import PlannedPass, outlook, planned, start
from processor.services.jobs.reading import count_unassigned, get, list  # noqa: A004 (the verb of the command line)
from processor.services.jobs.removal import Contents, contents, delete, require_deletable
from processor.services.jobs.view import view, views

__all__ = [
    "Contents",
    "JobFields",
    "PlannedPass",
    "cancel",
    "contents",
    "count_unassigned",
    "create",
    "delete",
    "get",
    "list",
    "move",
    "order_after_move",
    "order_as_named",
    "outlook",
    "planned",
    "reorder",
    "require_deletable",
    "start",
    "update",
    "view",
    "views",
]
