"""Definitions: stores, projects, jobs and tasks as one file that people keep under version control."""
