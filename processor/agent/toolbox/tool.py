"""What a tool is: a name, what the model is told, what it may be called with, and what a crash may do to its effect."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from processor.errors import InvalidInput


class Effect(StrEnum):
    """How a tool may be repeated after a crash."""

    READ = "read"  # changes nothing: done again freely
    LOCAL = "local"  # effect and result in one transaction of our database: exactly once
    IDEMPOTENT = "idempotent"  # sent again with the same key
    AT_MOST_ONCE = "at_most_once"  # never sent again: the model is told that the outcome is unknown

    @property
    def is_outside(self) -> bool:
        """The effect is not in our own database."""
        return self in (Effect.IDEMPOTENT, Effect.AT_MOST_ONCE)


class Arguments(BaseModel):
    """What a tool takes; anything else is refused, so that a slip of the model is seen and not swallowed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a tool acts. Ids come from here, never from the model."""

    store_id: str
    task_id: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the toolbox.

    `run(work, caller, arguments)` gets the transaction that also records the result. One that acts outside is
    awaited, `run(caller, arguments, key)`, and hands on the key to whoever can tell a repetition by it.
    """

    name: str
    description: str
    arguments: type[Arguments]
    effect: Effect
    run: Callable[..., Any]

    def definition(self) -> dict[str, Any]:
        """What the model is told, in the shape of the Messages API."""
        return {"name": self.name, "description": self.description, "input_schema": _schema(self.arguments)}

    def checked(self, given: object) -> Arguments:
        """The arguments as the tool takes them; raises InvalidInput in words that the model can act on."""
        try:
            return self.arguments.model_validate(given)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'input'}: {each['msg']}" for each in error.errors()
            )
            raise InvalidInput(
                f"{self.name} was called wrongly ({problems}): correct the arguments and call it again"
            ) from None


@functools.cache
def _schema(arguments: type[Arguments]) -> dict[str, Any]:
    """The schema without what pydantic adds for itself; made once, because every run asks for all of them."""
    schema = arguments.model_json_schema()
    schema.pop("title", None)
    schema.pop("description", None)
    for each in schema.get("properties", {}).values():
        each.pop("title", None)
    return schema
