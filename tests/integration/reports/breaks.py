"""What breaks a promise: statements, and the check that has to notice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Breakage:
    """What breaks a promise; the first check named is the one that is meant, others cannot but notice as well."""

    checks: tuple[str, ...]
    statements: tuple[str, ...]
    cascades: bool = False


def breaks(check: str, *statements: str, also: tuple[str, ...] = (), cascades: bool = False) -> Breakage:
    return Breakage((check, *also), statements, cascades)
