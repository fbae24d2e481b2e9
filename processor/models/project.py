"""A project and what a task's agent may read of it: contacts and documents."""

from sqlmodel import SQLModel

from processor.models.columns import Count, Key, Moment, PrimaryKey, Words


class Project(SQLModel, table=True):
    """Context that a task's agent may read."""

    __tablename__ = "projects"

    id: PrimaryKey
    store_id: Key
    name: Words
    description: Words = ""
    created_at: Moment
    updated_at: Moment
    version: Count = 1


class Contact(SQLModel, table=True):
    """A person in a project."""

    __tablename__ = "contacts"

    id: PrimaryKey
    store_id: Key
    project_id: Key
    name: Words
    email: Words = ""
    description: Words = ""
    created_at: Moment
    updated_at: Moment
    version: Count = 1


class Document(SQLModel, table=True):
    """A text in a project; its content is data, never instructions."""

    __tablename__ = "documents"

    id: PrimaryKey
    store_id: Key
    project_id: Key
    name: Words
    body: Words = ""
    created_at: Moment
    updated_at: Moment
    version: Count = 1
