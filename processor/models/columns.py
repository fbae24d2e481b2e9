"""Column types that let one set of classes serve SQLite and Postgres.

ids are TEXT / uuid and read as `str`; instants are epoch seconds and read as aware datetimes in UTC;
JSON stays the text that was written, because transcripts are kept verbatim.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import UUID, BigInteger, Dialect, Double, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field


class Id(TypeDecorator[str]):
    """A UUID: uuid on Postgres, TEXT on SQLite, `str` in Python."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(UUID(as_uuid=False) if dialect.name == "postgresql" else Text())


class Instant(TypeDecorator[datetime]):
    """Whole epoch seconds in the database, an aware datetime in UTC in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | int | None, dialect: Dialect) -> int | None:  # noqa: ARG002 (the hook's signature)
        return int(value.timestamp()) if isinstance(value, datetime) else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (the hook's signature)
        return None if value is None else datetime.fromtimestamp(value, UTC)


PrimaryKey = Annotated[str, Field(sa_type=Id, primary_key=True)]
PrimaryCount = Annotated[int, Field(sa_type=BigInteger, primary_key=True)]
Serial = Annotated[int | None, Field(sa_type=BigInteger, primary_key=True)]
Key = Annotated[str, Field(sa_type=Id)]
OptionalKey = Annotated[str | None, Field(sa_type=Id)]
Moment = Annotated[datetime, Field(sa_type=Instant)]
OptionalMoment = Annotated[datetime | None, Field(sa_type=Instant)]
Count = Annotated[int, Field(sa_type=BigInteger)]
OptionalCount = Annotated[int | None, Field(sa_type=BigInteger)]
Ratio = Annotated[float, Field(sa_type=Double)]
Words = Annotated[str, Field(sa_type=Text)]
OptionalWords = Annotated[str | None, Field(sa_type=Text)]
JsonText = Annotated[str, Field(sa_type=Text)]
OptionalJsonText = Annotated[str | None, Field(sa_type=Text)]
PrimaryWords = Annotated[str, Field(sa_type=Text, primary_key=True)]
PrimaryMoment = Annotated[datetime, Field(sa_type=Instant, primary_key=True)]
