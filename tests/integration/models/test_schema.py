"""The migrations are the truth of the schema; the classes and both databases have to say the same."""

import re
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Inspector, Table
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

import processor.models
from processor.models.columns import Id
from processor.storage.database import Database
from tests.reflection import inspected

OF_THE_MIGRATIONS = {"schema_migrations"}
FAMILIES = {
    "sqlite": {"id": "TEXT", "text": "TEXT", "whole number": "INTEGER", "boolean": "INTEGER", "ratio": "REAL"},
    "postgresql": {
        "id": "UUID",
        "text": "TEXT",
        "whole number": "BIGINT",
        "boolean": "BOOLEAN",
        "ratio": "DOUBLE PRECISION",
    },
}


@pytest.fixture
def schema(database: Database) -> Inspector:
    return inspected(database.url)


def classes() -> dict[str, type[SQLModel]]:
    found = [getattr(processor.models, name) for name in processor.models.__all__]
    return {model.__tablename__: model for model in found}


def mapped(table: str) -> Table:
    classes()
    return SQLModel.metadata.tables[table]


def family(type_: TypeEngine[Any]) -> str:
    if isinstance(type_, Id):
        return "id"
    if isinstance(type_, Boolean):
        return "boolean"
    return {int: "whole number", str: "text", float: "ratio"}.get(_python_type(type_), "whole number")


def _python_type(type_: TypeEngine[Any]) -> type[Any]:
    """What reaches the driver: instants are columns of whole numbers."""
    return getattr(type_, "impl_instance", type_).python_type


def test_every_table_has_its_class_and_every_class_its_table(schema: Inspector) -> None:
    assert set(schema.get_table_names()) - OF_THE_MIGRATIONS == set(classes())
    assert set(SQLModel.metadata.tables) == set(classes())


def test_every_column_has_its_field_and_every_field_its_column(schema: Inspector) -> None:
    for table in classes():
        in_database = [column["name"] for column in schema.get_columns(table)]
        assert set(in_database) == set(mapped(table).columns.keys()), table


def test_what_may_be_empty_is_optional(schema: Inspector) -> None:
    for table in classes():
        key = schema.get_pk_constraint(table)["constrained_columns"]
        in_database = {each["name"]: each["nullable"] and each["name"] not in key for each in schema.get_columns(table)}
        assert in_database == {column.name: column.nullable for column in mapped(table).columns}, table


def test_primary_keys_are_the_same_in_the_same_order(schema: Inspector) -> None:
    for table in classes():
        key = schema.get_pk_constraint(table)["constrained_columns"]
        assert sorted(key) == sorted(column.name for column in mapped(table).primary_key.columns), table


def test_types_are_of_one_family(database: Database, schema: Inspector) -> None:
    for table in classes():
        in_database = {each["name"]: _without_order(str(each["type"])) for each in schema.get_columns(table)}
        expected = {column.name: FAMILIES[database.dialect][family(column.type)] for column in mapped(table).columns}
        assert in_database == expected, table


def _without_order(type_: str) -> str:
    """Texts that Postgres is to order as SQLite does say so."""
    return type_.removesuffix(' COLLATE "C"')


def test_defaults_are_the_same(schema: Inspector) -> None:
    for table in classes():
        for column in schema.get_columns(table):
            field = classes()[table].model_fields[column["name"]]
            if column["default"] is not None:
                assert _plain(column["default"]) == _plain(str(field.default)), f"{table}.{column['name']}"
            else:
                assert field.is_required() or field.default is None, f"{table}.{column['name']}"


def _plain(default: str) -> str:
    """SQLite writes 0 and 1 for false and true, Postgres adds the type of a text."""
    text = re.sub(r"::\w+$", "", default).strip("'")
    return {"False": "false", "True": "true", "0": "false", "1": "true"}.get(text, text)


def test_both_databases_have_the_same_references_unique_keys_and_indexes(sqlite_url: str, postgres_url: str) -> None:
    assert _described(sqlite_url) == _described(postgres_url)


def _described(url: str) -> dict[str, Any]:
    database = Database(url)
    schema = inspected(database.url)
    described = {
        table: {
            "references": _references(database, schema, table),
            "unique": sorted(sorted(key["column_names"]) for key in schema.get_unique_constraints(table)),
            "indexes": sorted(
                (str(index["name"]), index["column_names"], bool(index["unique"]))
                for index in schema.get_indexes(table)
                if not index.get("duplicates_constraint")
            ),
        }
        for table in schema.get_table_names()
    }
    database.close()
    return described


def _references(database: Database, schema: Inspector, table: str) -> list[Any]:
    keys = schema.get_foreign_keys(table)
    on_delete = {tuple(key["constrained_columns"]): key["options"].get("ondelete", "NO ACTION") for key in keys}
    if database.dialect == "sqlite":
        on_delete = _on_delete_in_sqlite(database, table)
    return sorted(
        (names, key["referred_table"], key["referred_columns"], on_delete[tuple(names)])
        for key in keys
        for names in [key["constrained_columns"]]
    )


def _on_delete_in_sqlite(database: Database, table: str) -> dict[tuple[str, ...], str]:
    """SQLAlchemy reads it only where the reference is written as a line of its own."""
    with database.connection() as connection:
        rows = connection.exec_driver_sql(f"PRAGMA foreign_key_list({table})").mappings().all()
    columns: dict[int, list[str]] = {}
    actions: dict[int, str] = {}
    for row in sorted(rows, key=lambda row: (row["id"], row["seq"])):
        columns.setdefault(row["id"], []).append(row["from"])
        actions[row["id"]] = row["on_delete"]
    return {tuple(names): actions[id_] for id_, names in columns.items()}


def test_a_column_of_each_family_is_told_apart() -> None:
    task = mapped("tasks").columns
    names: list[tuple[Column[Any], str]] = [
        (task["id"], "id"),
        (task["name"], "text"),
        (task["priority"], "whole number"),
        (task["cursor_at"], "whole number"),
        (task["enabled"], "boolean"),
    ]
    for column, expected in names:
        assert family(column.type) == expected
