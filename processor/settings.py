"""Settings: the environment goes before `processor.yaml`, which goes before the defaults.

Strings in the file may hold `${VAR}` and `${VAR:-default}`. An empty value counts as none. Relative paths count from
`PROCESSOR_ROOT`, else from the working folder. The only secrets here are passwords in URLs, and `effective` masks them.
"""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from processor.errors import ConfigurationError
from processor.rules.redaction import redacted

DEFAULT_FILE = "processor.yaml"
_ONE_YEAR_SECONDS = 31_536_000
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
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


Seconds = Annotated[int, BeforeValidator(_not_bool)]
Switch = Annotated[bool, BeforeValidator(_is_set)]


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
    def stop_requested(self) -> bool:
        """Whether the switch is on or the file is there, looked up afresh."""
        return self.stop or os.path.exists(self.stop_file)

    def effective(self) -> Iterator[tuple[str, str, str]]:
        """Name, value without secrets, and source (variable, `file, line N` or `default`) of every setting."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            yield name, "" if value is None else redacted(str(value)), self._origins.get(name, "default")


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as somebody wrote it, and where."""

    value: Any
    origin: str


class _GivenSource(PydanticBaseSettingsSource):
    """Values found by us, in the order of the sources."""

    def __init__(self, given: Mapping[str, _Given]) -> None:
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
    """The environment variables that set a field, the first one first."""
    return _OTHER_NAMES.get(field, (f"PROCESSOR_{field.upper()}",))


def file_keys() -> list[str]:
    """The keys that `processor.yaml` may hold."""
    return [name for name in Settings.model_fields if name not in _ENVIRONMENT_ONLY]


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    return {
        field: _Given(environment[name], name)
        for field in Settings.model_fields
        for name in [next((each for each in variables(field) if environment.get(each)), None)]
        if name is not None
    }


def _from_file(environment: Mapping[str, str], root: str) -> dict[str, _Given]:
    named = environment.get("PROCESSOR_CONFIG")
    path = os.path.join(root, named or DEFAULT_FILE)
    if not named and not os.path.exists(path):
        return {}
    return {key: given for key, given in _entries(path, environment) if given.value not in (None, "")}


def _entries(path: str, environment: Mapping[str, str]) -> Iterator[tuple[str, _Given]]:
    document = _document(path)
    seen = set()
    for key_node, value_node in document.value if document is not None else ():
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "…"
        where = f"{path}, line {key_node.start_mark.line + 1}"
        if key not in file_keys():
            raise ConfigurationError(f"{where}: {_unknown(key)}")
        if key in seen:
            raise ConfigurationError(f"{where}: '{key}' is given twice: remove one of the two")
        if not isinstance(value_node, yaml.ScalarNode):
            raise ConfigurationError(f"{where}: '{key}' must be {wanted(key)}, not a list or a mapping: correct it")
        seen.add(key)
        yield key, _Given(_expanded(_scalar(value_node, where), environment, where), where)


def _document(path: str) -> yaml.MappingNode | None:
    """The file's one mapping, nodes with their places; None if the file is empty."""
    try:
        with open(path, encoding="utf-8") as file:
            node = yaml.compose(file, Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigurationError(
            f"The configuration {path} cannot be read ({error.strerror}): correct PROCESSOR_CONFIG or the file"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}{_place(error)}: this is no valid YAML: correct it") from None
    if node is not None and not isinstance(node, yaml.MappingNode):
        raise ConfigurationError(f"{path}, line 1: lines of 'name: value' are expected here: correct it")
    return node


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f", line {mark.line + 1}"


def _scalar(node: yaml.ScalarNode, where: str) -> Any:
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):
        raise ConfigurationError(f"{where}: '{node.value}' cannot be understood: put it in quotes") from None


def _expanded(value: object, environment: Mapping[str, str], where: str) -> object:
    def replacement(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = environment.get(name) or default
        if found is None and name not in environment:
            raise ConfigurationError(f"{where}: {name} is not set: set it, or write ${{{name}:-default}}")
        return found or ""

    return _VARIABLE.sub(replacement, value) if isinstance(value, str) else value


def _unknown(key: str) -> str:
    if key in _ENVIRONMENT_ONLY:
        return f"'{key}' is read from the environment only: set {_ENVIRONMENT_ONLY[key]} there"
    near = difflib.get_close_matches(key, file_keys(), n=1)
    known = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(file_keys())}"
    return f"'{key}' is no setting: {known}"


def _explained(error: ValidationError, given: Mapping[str, _Given]) -> str:
    """One line about the first thing wrong."""
    name = str(error.errors()[0]["loc"][0])
    where, value = given[name].origin, redacted(str(given[name].value))
    subject = where if where in variables(name) else f"{where}: '{name}'"
    return f"{subject} must be {wanted(name)}, not '{value}': correct it there"


def wanted(name: str) -> str:
    """What a value of this setting must be, in words."""
    schema = Settings.model_json_schema()["properties"][name]
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if schema.get("type") == "integer":
        return f"a whole number from {schema['minimum']} to {schema['maximum']}"
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
