from pathlib import Path

import pytest

from processor.storage.database import Database
from processor.storage.sql_folder import read, sql_folder
from processor.storage.statements import parse, statement

SCHEMA_CHANGES = "CREATE"
QUERIES = Path(sql_folder()) / "queries"


def nouns() -> list[str]:
    return sorted({path.name.split(".")[0] for path in QUERIES.iterdir()})


def verbs(noun: str, dialect: str) -> set[str]:
    files = [name for name in (f"{noun}.sql", f"{noun}.{dialect}.sql") if (QUERIES / name).exists()]
    return {verb for name in files for verb in parse(read("queries", name))}


@pytest.mark.parametrize("noun", nouns())
def test_every_statement_is_understood_by_the_database(
    database: Database, noun: str, subtests: pytest.Subtests
) -> None:
    for verb in sorted(verbs(noun, database.dialect)):
        prepared = statement(database.dialect, f"{noun}.{verb}")
        if prepared.text.lstrip().startswith(SCHEMA_CHANGES):
            continue  # the migrations run it; there is no plan to explain
        with subtests.test(f"{noun}.{verb}"), database.reading() as work:
            nothing = dict.fromkeys(prepared.parameters)
            work.cursor.execute(f"EXPLAIN {prepared.text}", nothing)
            assert work.cursor.fetchone() is not None


@pytest.mark.parametrize("noun", nouns())
def test_an_override_for_postgres_has_the_parameters_of_the_text_that_it_replaces(noun: str) -> None:
    for verb in verbs(noun, "postgresql") & verbs(noun, "sqlite"):
        names = {dialect: statement(dialect, f"{noun}.{verb}").parameters for dialect in ("sqlite", "postgresql")}
        assert names["sqlite"] == names["postgresql"], f"{noun}.{verb}"
