"""Jobs: tasks that belong together, and their order. What can be asked for is here; the files beside it are how."""

from processor.services.jobs.editing import create
from processor.services.jobs.fields import JobFields
from processor.services.jobs.reading import count_unassigned, get, list  # noqa: A004 (the verb of the command line)
from processor.services.jobs.view import view, views

__all__ = ["JobFields", "count_unassigned", "create", "get", "list", "view", "views"]
