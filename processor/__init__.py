"""process-tasks: cron for AI agents."""

__version__ = "0.1.0"
