"""Where the SQL files are: inside the package when it was installed from a wheel, beside it in a checkout."""

import os

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def sql_folder() -> str:
    """The folder that holds `migrations/` and `queries/`."""
    shipped = os.path.join(_PACKAGE, "_sql")
    return shipped if os.path.isdir(shipped) else os.path.join(os.path.dirname(_PACKAGE), "sql")


def read(*names: str) -> str:
    """The text of one file below the folder."""
    with open(os.path.join(sql_folder(), *names), encoding="utf-8") as file:
        return file.read()
