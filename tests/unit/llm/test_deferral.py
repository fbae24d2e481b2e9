import subprocess
import sys
from pathlib import Path

import pytest

FILES = {
    "__init__.py": "from . import parts\nfrom .core import Engine\nfrom .parts import *\nwhole = print('whole')\n",
    "core.py": "from .parts.wheel import Wheel\nfrom .slow import late\nclass Engine(Wheel): late = late\n",
    "slow.py": "print('slow')\ndef late(number): return number + 1\n",
    "parts/__init__.py": "print('parts')\nfrom .wheel import Wheel\nfrom .bolt import Bolt\n__all__ = ['Bolt']\n",
    "parts/wheel.py": "class Wheel: pass\n",
    "parts/bolt.py": "print('bolt')\nclass Bolt: pass\n",
}
IMPORT = r"""
from processor.llm.deferral import import_deferred
print(import_deferred("machine", ["Engine"], packages=r"machine(\.parts|\.slow)?", functions={"machine.slow:late"}))
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "machine" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def said(folder: Path, code: str) -> list[str]:
    """What a process of its own prints, which has imported the package in part."""
    begin = f"import sys; sys.path.insert(0, {str(folder)!r}){IMPORT}"
    done = subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


def test_only_what_is_asked_for_is_loaded(machine: Path) -> None:
    assert said(machine, "from machine import Engine; print(Engine.__name__)") == ["True", "Engine"]


def test_a_function_is_loaded_when_it_is_called(machine: Path) -> None:
    assert said(machine, "from machine import Engine; print(Engine.late(1), Engine.late(2))") == [
        "True",
        "slow",
        "2",
        "3",
    ]


def test_a_name_that_is_passed_on_is_the_same_object_everywhere(machine: Path) -> None:
    code = "from machine.parts import Wheel; from machine.parts.wheel import Wheel as same; print(Wheel is same)"
    assert said(machine, code) == ["True", "True"]


def test_a_submodule_is_found_as_ever(machine: Path) -> None:
    assert said(machine, "import machine; print(machine.parts.bolt.Bolt.__name__)") == ["True", "bolt", "Bolt"]


def test_any_other_name_runs_the_whole_package_once(machine: Path) -> None:
    code = "import machine; before = machine.Engine; machine.whole; machine.whole; print(before is machine.Engine)"
    assert said(machine, code) == ["True", "parts", "bolt", "whole", "True"]


def test_a_star_imports_everything(machine: Path) -> None:
    assert said(machine, "from machine.parts import *; print(Bolt.__name__)") == ["True", "parts", "bolt", "Bolt"]


def test_a_name_that_is_nowhere_is_an_attribute_error(machine: Path) -> None:
    code = "import machine; print(hasattr(machine, 'nothing'), hasattr(machine, '__wrapped__'), hasattr(machine, 'no'))"
    assert said(machine, code)[-3:] == ["False"] * 3


def test_asking_for_what_any_module_may_have_runs_nothing(machine: Path) -> None:
    assert said(machine, "import machine; print(hasattr(machine, '__wrapped__'))") == ["True", "False"]


def test_a_package_that_cannot_be_had_in_part_is_left_for_the_ordinary_import(machine: Path) -> None:
    (machine / "machine" / "core.py").write_text("import machine\nEngine = machine.whole\n")
    (machine / "machine" / "__init__.py").write_text(
        "whole = 1\nfrom .core import Engine\nfrom .parts import Bolt\nx = y\n"
    )

    assert said(machine, "print([name for name in sys.modules if name.startswith('machine')])")[-2:] == ["False", "[]"]


def test_a_package_that_is_loaded_already_stays_as_it_is(machine: Path) -> None:
    begin = f"import sys; sys.path.insert(0, {str(machine)!r}); import machine; print('loaded')"
    done = subprocess.run([sys.executable, "-c", begin + IMPORT], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["parts", "bolt", "slow", "whole", "loaded", "True"]
