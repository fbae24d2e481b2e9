"""The setting `retries`: what tasks get that say nothing about their retries themselves, by what they are."""

from dataclasses import fields
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from processor.errors import InvalidInput
from processor.rules.retry import (
    CONSTANT,
    LARGEST_MULTIPLIER,
    LONGEST_CAP_SECONDS,
    LONGEST_DELAY_SECONDS,
    MOST_RETRIES,
    STANDARD,
    RetryDefaults,
    RetryPolicy,
    named_class,
)


def _known(name: str) -> str:
    try:
        return named_class(name)
    except InvalidInput as error:
        raise ValueError(f"is wrong ({error})") from None


ErrorClassName = Annotated[str, AfterValidator(_known)]


class Retries(BaseModel):
    """What `retries` says about one kind of task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_retries: int = Field(default=STANDARD.max_retries, ge=0, le=MOST_RETRIES)
    delay_seconds: int = Field(default=STANDARD.delay_seconds, ge=0, le=LONGEST_DELAY_SECONDS)
    multiplier: float = Field(default=STANDARD.multiplier, ge=1, le=LARGEST_MULTIPLIER, allow_inf_nan=False)
    cap_seconds: int = Field(default=STANDARD.cap_seconds, ge=0, le=LONGEST_CAP_SECONDS)
    jitter: bool = STANDARD.jitter
    on: list[ErrorClassName] = Field(default=sorted(STANDARD.retry_on), min_length=1)

    @field_validator("max_retries", "delay_seconds", "multiplier", "cap_seconds", mode="before")
    @classmethod
    def _no_switch(cls, value: object) -> object:
        if isinstance(value, bool):
            raise ValueError("must be a number, not true or false")  # noqa: TRY004 (pydantic reports ValueError, not TypeError)
        return value

    def policy(self) -> RetryPolicy:
        return RetryPolicy(
            max_retries=self.max_retries,
            delay_seconds=self.delay_seconds,
            multiplier=self.multiplier,
            cap_seconds=self.cap_seconds,
            jitter=self.jitter,
            retry_on=frozenset(named_class(each) for each in self.on),
        )


class SequentialRetries(Retries):
    """What `retries` says about the steps of a job, whatever kind of task they are."""

    max_retries: int = Field(default=CONSTANT.max_retries, ge=0, le=MOST_RETRIES)
    multiplier: float = Field(default=CONSTANT.multiplier, ge=1, le=LARGEST_MULTIPLIER, allow_inf_nan=False)
    jitter: bool = CONSTANT.jitter


class RetriesByKind(BaseModel):
    """The whole setting; what is left out is as shipped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: Retries = Retries()
    endpoints: Retries = Retries()
    claude_code: Retries = Retries()
    sequential: SequentialRetries = SequentialRetries()

    def defaults(self) -> RetryDefaults:
        """The same, as those who make tasks take it."""
        policies: dict[str, Any] = {kind.name: getattr(self, kind.name).policy() for kind in fields(RetryDefaults)}
        return RetryDefaults(**policies)
