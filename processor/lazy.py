"""Loads a thing by its dotted path, so that what is chosen by name costs nothing until it is chosen."""

from importlib import import_module
from typing import Any


def load(path: str) -> Any:
    """Return what `package.module:Name` names; a path that leads nowhere raises ImportError or AttributeError."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
