"""Imports a large package without the parts that nobody asks for: they come with the first access to them.

An `__init__` that gathers the names of a thousand submodules loads them all for whoever wants one. A deferred package
has its path, and its `__init__` has not run. A name that it would only pass on is taken from where it comes from; any
other name runs the `__init__`, in the same module object. So everything is there, and the same, for whoever asks.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_NEVER_MISSING = re.compile(r"__(?!all__|version__|title__)\w+__")
"""What the import system and inspection look for in any module, and a package may well not have."""


def import_deferred(
    package: str, names: Iterable[str], *, packages: str, functions: AbstractSet[str] = frozenset()
) -> bool:
    """Import `names` of a package; `packages`, a pattern of full names, says which of its packages are deferred.

    `functions` (`module:name`) have their modules run when they are first called. A package that is loaded stays as it
    is. Returns False, with nothing left behind, where this package cannot be had in part: it has to be imported whole.
    """
    if package in sys.modules:
        return True
    try:
        with _deferring(re.compile(packages), functions):
            for name in names:
                getattr(import_module(package), name)
    except Exception:  # noqa: BLE001 (its inner workings may change with any version, and the ordinary import knows them)
        _forget(package)
        return False
    return True


@contextmanager
def _deferring(packages: re.Pattern[str], functions: AbstractSet[str]) -> Iterator[None]:
    finder = _Finder(packages, functions)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _forget(package: str) -> None:
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


class _Finder(MetaPathFinder):
    """Finds what is found anyway, and has the `__init__` of a package run later."""

    def __init__(self, packages: re.Pattern[str], functions: AbstractSet[str]) -> None:
        self._packages = packages
        self._functions = functions

    def find_spec(self, name: str, path: Sequence[str] | None, _: ModuleType | None = None) -> ModuleSpec | None:
        if not self._packages.fullmatch(name):
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and isinstance(spec.loader, InspectLoader):
            functions = {function.rpartition(":")[2] for function in self._functions if function.startswith(f"{name}:")}
            if spec.submodule_search_locations or functions:
                spec.loader = _Later(spec.loader, functions)
        return spec


class _Later(Loader):
    """Makes a module and does not run it."""

    def __init__(self, loader: InspectLoader, functions: AbstractSet[str]) -> None:
        self._loader = loader
        self._functions = functions

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        vars(module)["__getattr__"] = _Missing(module, self._loader, self._functions)


class _Missing:
    """What a deferred module does when it is asked for a name that it does not have yet."""

    def __init__(self, module: ModuleType, loader: InspectLoader, functions: AbstractSet[str]) -> None:
        self._module = module
        self._loader = loader
        self._functions = functions
        self._origins: dict[str, tuple[str, str]] | None = None

    def __call__(self, name: str) -> Any:
        if _NEVER_MISSING.fullmatch(name):
            raise self._no_such(name)
        return self._called_later(name) if name in self._functions else self._found(name)

    def _called_later(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._found(name)(*args, **kwargs)

        return call

    def _found(self, name: str) -> Any:
        module = self._module
        if self._origins is None:
            source = self._loader.get_source(module.__name__) or ""
            self._origins = dict(_passed_on(module.__package__ or "", source))
        if name in self._origins:
            origin, its_name = self._origins[name]
            return vars(module).setdefault(name, getattr(import_module(origin), its_name))
        submodule = f"{module.__name__}.{name}"
        if hasattr(module, "__path__") and find_spec(submodule) is not None:
            return import_module(submodule)
        return self._of_whole(name)

    def _of_whole(self, name: str) -> Any:
        """Run the module; one that fails is run again for whoever asks next."""
        names = vars(self._module)
        if names.get("__getattr__") is self:
            del names["__getattr__"]
            try:
                self._loader.exec_module(self._module)
            except BaseException:
                names["__getattr__"] = self
                raise
        if name not in names:
            raise self._no_such(name)
        return names[name]

    def _no_such(self, name: str) -> AttributeError:
        return AttributeError(
            f"module {self._module.__name__!r} has no attribute {name!r}", name=name, obj=self._module
        )


def _passed_on(package: str, source: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each name that a module takes from one beside it or below: that module, and what it is called there."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.ImportFrom) and statement.level == 1 and statement.module:
            for alias in statement.names:
                yield alias.asname or alias.name, (f"{package}.{statement.module}", alias.name)
