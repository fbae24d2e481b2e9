"""A store: the tenant that owns everything else."""

from sqlmodel import SQLModel

from processor.models.columns import Count, JsonText, Moment, OptionalCount, PrimaryKey, Words


class Store(SQLModel, table=True):
    """A tenant."""

    __tablename__ = "stores"

    id: PrimaryKey
    name: Words
    misfire: Words = "skip"
    policy: JsonText = "{}"
    budget_nanousd_per_day: OptionalCount = None
    created_at: Moment
    updated_at: Moment
    version: Count = 1
