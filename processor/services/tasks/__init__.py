"""Tasks: a prompt and a reason to run. What can be asked for is here; the files beside it are how."""

from processor.services.tasks.editing import create, update
from processor.services.tasks.fields import TaskFields
from processor.services.tasks.reading import get, list  # noqa: A004 (the verb of the command line)
from processor.services.tasks.removal import delete
from processor.services.tasks.suspension import disable, enable, pause
from processor.services.tasks.timetable import standing, times, timetable, upcoming
from processor.services.tasks.timing import schedule_of
from processor.services.tasks.view import view, views

__all__ = [
    "TaskFields",
    "create",
    "delete",
    "disable",
    "enable",
    "get",
    "list",
    "pause",
    "schedule_of",
    "standing",
    "times",
    "timetable",
    "upcoming",
    "update",
    "view",
    "views",
]
