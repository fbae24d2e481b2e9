"""Settings: the environment goes before `processor.yaml`, which goes before the defaults.

Strings in the file may hold `${VAR}` and `${VAR:-default}`. An empty value counts as none. Relative paths count from
`PROCESSOR_ROOT`, else from the working folder. The only secrets here are passwords in URLs, and `effective` masks them.
"""

import difflib
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PrivateAttr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from processor import settings_file
from processor.errors import ConfigurationError
from processor.rules.events import EVENTS, HOW_TO_LIST, matching
from processor.rules.redaction import redacted, redacted_throughout
from processor.rules.retry import RetryDefaults
from processor.settings_file import Given, Path
from processor.settings_retries import RetriesByKind

DEFAULT_FILE = "processor.yaml"
_ONE_YEAR_SECONDS = 31_536_000
_PLACE_IN_CODE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_OTHER_NAMES = {
    "database_url": ("PROCESSOR_DATABASE_URL", "DATABASE_URL"),
    "anthropic_base_url": ("ANTHROPIC_BASE_URL",),
}
_ENVIRONMENT_ONLY = {
    "root": "PROCESSOR_ROOT",
    "script": "PROCESSOR_SCRIPT",
    "anthropic_base_url": "ANTHROPIC_BASE_URL",
}


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")  # noqa: TRY004 (pydantic reports ValueError, not TypeError)
    return value


def _is_set(value: object) -> object:
    return value.strip() not in {"", "0"} if isinstance(value, str) else value


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _pattern(value: str) -> str:
    if not matching(value):
        near = difflib.get_close_matches(value, EVENTS, n=1)
        raise ValueError(f"matches no event: {f'did you mean {near[0]}?' if near else HOW_TO_LIST}")
    return value


def _place_in_code(value: str) -> str:
    if _PLACE_IN_CODE.fullmatch(value) is None:
        raise ValueError(f"is {value[:60]!r}, but a listener is named 'package.module:function'")
    return value


Seconds = Annotated[int, BeforeValidator(_not_bool)]
Switch = Annotated[bool, BeforeValidator(_is_set)]
EventPattern = Annotated[str, AfterValidator(_pattern)]
Functions = Annotated[list[Annotated[str, AfterValidator(_place_in_code)]], BeforeValidator(_several)]


class Settings(BaseSettings):
    """What can be set: the names are the keys of `processor.yaml`; in capitals, after `PROCESSOR_`, the variables."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(
        default="sqlite:///data/processor.db",
        description="The database: `sqlite:///path` or `postgresql://…`; `DATABASE_URL` is taken when this is not set",
    )
    model: Literal["anthropic", "rehearsal", "scripted"] = Field(
        default="anthropic",
        description="Who answers: the provider, the offline stand-in (no LLM is called), or a script of responses",
    )
    script: str | None = Field(default=None, description="The JSON file of responses that the model `scripted` replays")
    max_concurrency: Seconds = Field(default=5, ge=1, le=1000, description="Runs at once in one process")
    window_seconds: Seconds = Field(default=600, ge=60, le=_ONE_YEAR_SECONDS, description="How late is still on time")
    horizon_seconds: Seconds = Field(
        default=86_400,
        ge=60,
        le=_ONE_YEAR_SECONDS,
        description="Slots older than this are missed under every misfire policy",
    )
    tick_seconds: Seconds = Field(
        default=240, ge=1, le=_ONE_YEAR_SECONDS, description="Soft deadline of one tick; the hard one is 45 s later"
    )
    lease_seconds: Seconds = Field(
        default=120, ge=1, le=_ONE_YEAR_SECONDS, description="How long a silent worker keeps a run"
    )
    stop: Switch = Field(
        default=False, description="Anything but empty or 0: start no run, hand back what runs (emergency stop)"
    )
    stop_file: str = Field(
        default=".processor_stop", description="While this file exists it stops runs in the same way"
    )
    listeners: dict[EventPattern, Functions] = Field(
        default={},
        description="Pattern of event names (`run.*`) to functions (`package.module:function`, one or a list) "
        "that are called after the event's commit",
    )
    retries: RetriesByKind = Field(
        default=RetriesByKind(),
        description="What new tasks get that say nothing about retries themselves: `agent`, `endpoints`, "
        "`claude_code` and `sequential` (steps of a job) to `max_retries`, `delay_seconds`, `multiplier`, "
        "`cap_seconds`, `jitter` and `on` (a list of error classes)",
    )
    anthropic_base_url: str | None = Field(
        default=None, description="Where the anthropic package sends its requests; read by that package, shown here"
    )
    root: str = Field(default="", description="Where relative paths start; `scripts/*` set it to the checkout")

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed: `load_settings` finds the values, so that it can say where each one stands."""
        return (sources["init_settings"],)

    @property
    def retry_defaults(self) -> RetryDefaults:
        """What a new task gets that says nothing about its retries."""
        return self.retries.defaults()

    @property
    def stop_requested(self) -> bool:
        """Whether the switch is on or the file is there, looked up afresh."""
        return self.stop or os.path.exists(self.stop_file)

    def effective(self) -> Iterator[tuple[str, str, str]]:
        """Name, value without secrets, and source (variable, `file, line N` or `default`) of every setting."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            yield name, _shown(value), self._origins.get(name, "default")


class _GivenSource(PydanticBaseSettingsSource):
    """Values found by us, in the order of the sources."""

    def __init__(self, given: Mapping[str, Given]) -> None:
        super().__init__(Settings)
        self._given = given

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 (the hook's signature)
        return self._given[field_name].value, field_name, False

    def __call__(self) -> dict[str, Any]:
        return {name: each.value for name, each in self._given.items()}


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check all settings; raises ConfigurationError with one line that names the place and what to do."""
    root = environment.get("PROCESSOR_ROOT") or os.getcwd()
    from_environment = _from_environment(environment)
    from_file = _from_file(environment, root)
    given = {**from_file, **from_environment}
    try:
        settings = _sourced(_GivenSource(from_environment), _GivenSource(from_file))()
    except ValidationError as error:
        raise ConfigurationError(_explained(error, given)) from None
    settings = settings.model_copy(update=_absolute(settings, root))
    settings._origins = {name: each.origin for name, each in given.items()}  # noqa: SLF001 (this function makes settings)
    return settings


def _sourced(*sources: _GivenSource) -> type[Settings]:
    class SourcedSettings(Settings):
        @classmethod
        def settings_customise_sources(cls, *_: Any, **__: Any) -> tuple[_GivenSource, ...]:
            return sources

    return SourcedSettings


def variables(field: str) -> tuple[str, ...]:
    """The environment variables that set a field, the first one first; a mapping stands in the file only."""
    return () if is_mapping(field) else _OTHER_NAMES.get(field, (f"PROCESSOR_{field.upper()}",))


def file_keys() -> list[str]:
    """The keys that `processor.yaml` may hold."""
    return [name for name in Settings.model_fields if name not in _ENVIRONMENT_ONLY]


def is_mapping(field: str) -> bool:
    """Whether values of this setting have names of their own."""
    annotation = Settings.model_fields[field].annotation
    kind = get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, Mapping | BaseModel)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Given]:
    return {
        field: Given(environment[name], name)
        for field in Settings.model_fields
        for name in [next((each for each in variables(field) if environment.get(each)), None)]
        if name is not None
    }


def _from_file(environment: Mapping[str, str], root: str) -> dict[str, Given]:
    named = environment.get("PROCESSOR_CONFIG")
    path = os.path.join(root, named or DEFAULT_FILE)
    if not named and not os.path.exists(path):
        return {}
    return {key: given for key, given in _entries(path, environment) if given.value not in (None, "")}


def _entries(path: str, environment: Mapping[str, str]) -> Iterator[tuple[str, Given]]:
    for key, where, node in settings_file.lines(path):
        if key not in file_keys():
            raise ConfigurationError(f"{where}: {_unknown(key)}")
        if not (is_mapping(key) or isinstance(node, yaml.ScalarNode)):
            raise ConfigurationError(f"{where}: '{key}' must be {wanted(key)}, not a list or a mapping: correct it")
        yield key, settings_file.given(node, path, where, environment)


def _unknown(key: str) -> str:
    if key in _ENVIRONMENT_ONLY:
        return f"'{key}' is read from the environment only: set {_ENVIRONMENT_ONLY[key]} there"
    near = difflib.get_close_matches(key, file_keys(), n=1)
    known = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(file_keys())}"
    return f"'{key}' is no setting: {known}"


def _shown(value: object) -> str:
    """A value as text, without secrets."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return json.dumps(redacted_throughout(dict(value)), ensure_ascii=False) if value else ""
    return "" if value is None else redacted(str(value))


def _explained(error: ValidationError, given: Mapping[str, Given]) -> str:
    """One line about the first thing wrong."""
    first = error.errors()[0]
    name, path = str(first["loc"][0]), tuple(first["loc"][1:])
    if not path:
        where, value = given[name].origin, redacted(str(given[name].value))
        subject = where if where in variables(name) else f"{where}: '{name}'"
        return f"{subject} must be {wanted(name)}, not '{value}': correct it there"
    path, where = given[name].place(path)
    return f"{where}: '{'.'.join(map(str, (name, *path)))}' {_fault(first, given[name].value, path)}: correct it there"


def _fault(error: Mapping[str, Any], value: Any, path: Path) -> str:
    """What is wrong with a value within a mapping; a ValueError of ours says it in its own words."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "extra_forbidden":
        return "is no setting"
    if error["type"] == "missing":
        return f"lacks '{error['loc'][-1]}'"
    for key in path:
        value = value[key]
    said = error["msg"]
    return f"is '{redacted(str(value))}': {said[:1].lower()}{said[1:]}"


def wanted(name: str) -> str:
    """What a value of this setting must be, in words."""
    schema = Settings.model_json_schema()["properties"][name]
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if schema.get("type") == "integer":
        return f"a whole number from {schema['minimum']} to {schema['maximum']}"
    if is_mapping(name):
        return "a mapping"
    return "true or false" if schema.get("type") == "boolean" else "a text"


def _absolute(settings: Settings, root: str) -> dict[str, str]:
    root = os.path.abspath(root)
    paths = {"root": root, "stop_file": os.path.join(root, settings.stop_file)}
    if settings.script is not None:
        paths["script"] = os.path.join(root, settings.script)
    scheme, _, path = settings.database_url.partition("sqlite:///")
    if not scheme and path:
        paths["database_url"] = "sqlite:///" + os.path.abspath(os.path.join(root, path))
    return paths
