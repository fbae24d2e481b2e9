"""The one tree of errors.

    ProcessorError
    ├── InvalidInput              what a person or an agent asked for cannot be
    │   └── InvalidSchedule
    ├── NotFound
    ├── Conflict                  somebody else was first, or the thing is in use
    ├── ConfigurationError        exit 78: settings, credentials, no database yet, read-only database
    ├── InfrastructureError       exit 75: passing faults of the database or the clock
    │   ├── Contended             another writer was in the way of one step: that step alone is undone
    │   └── CommitInDoubt         the connection was lost during COMMIT: only a look tells whether it was done
    ├── StaleWriter               the run was taken over or deleted: this worker may write nothing more
    └── ModelError                a model call that gave no usable answer
        ├── ModelUnavailable      worth another attempt later
        ├── ProviderRefused       key, payment or permission: no further call in this tick
        └── ModelRejected         the same request would be refused again

The message is one line that says what is wrong and what to do; it never holds a secret.
An error that is not in this tree is a bug and propagates.
"""

from http import HTTPStatus
from typing import ClassVar


class ProcessorError(Exception):
    """Something that the program foresaw."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = HTTPStatus.INTERNAL_SERVER_ERROR


class InvalidInput(ProcessorError):
    """What was asked for cannot be."""

    http_status = HTTPStatus.BAD_REQUEST


class InvalidSchedule(InvalidInput):
    """A schedule that can never run, or that nobody can read."""


class NotFound(ProcessorError):
    """No such thing in this store."""

    http_status = HTTPStatus.NOT_FOUND


class Conflict(ProcessorError):
    """Somebody else was first, or the thing is in use; `live_run_id` names the run in the way, if one is."""

    http_status = HTTPStatus.CONFLICT

    def __init__(self, message: str, live_run_id: str | None = None) -> None:
        super().__init__(message)
        self.live_run_id = live_run_id


class ConfigurationError(ProcessorError):
    """Settings, credentials or database are not as they must be; trying again does not help."""

    exit_code = 78
    http_status = HTTPStatus.SERVICE_UNAVAILABLE


class InfrastructureError(ProcessorError):
    """A passing fault: database locked, unreachable or full, or a clock that is off."""

    exit_code = 75
    http_status = HTTPStatus.SERVICE_UNAVAILABLE


class CommitInDoubt(InfrastructureError):
    """The connection was lost during COMMIT: it was done, or it was not."""


class Contended(InfrastructureError):
    """Others held what one step needed, or it held what they needed: that step is undone, the database is well."""


class StaleWriter(ProcessorError):
    """The run was taken over by another worker, or deleted: this one may write nothing for it any more."""

    http_status = HTTPStatus.CONFLICT


class ModelError(ProcessorError):
    """A model call that gave no usable answer; `error_class` is the short name that a run shows."""

    error_class: ClassVar[str] = "model_error"
    http_status = HTTPStatus.BAD_GATEWAY


class ModelUnavailable(ModelError):
    """Rate limit, outage or broken answer; `retry_after_seconds` is the provider's wish, if it gave one.

    `cut`: we stopped waiting, so the provider may have worked for it, and may charge for it.
    """

    error_class = "provider_unavailable"

    def __init__(self, message: str, retry_after_seconds: float | None = None, *, cut: bool = False) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.cut = cut


class ProviderRefused(ModelError):
    """The provider refuses this key or account: every other call would be refused as well."""

    error_class = "provider_unavailable"


class ModelRejected(ModelError):
    """The provider will not answer this request, now or later."""

    error_class = "invalid_request"
