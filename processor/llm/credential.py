"""Whether the provider can be asked at all, without paying for its package where the environment already says so."""

import os

from processor.lazy import load

_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


def credential_problem() -> str | None:
    """Return why no call can be made from here, in one line that says what to do; None if one can.

    A key in the environment goes before all else (`AsyncAnthropic.__init__`); whether it can be used shows when the
    model is opened. Profiles and federation only the package itself can find.
    """
    if any(os.environ.get(name) for name in _KEYS):
        return None
    problem: str | None = load("processor.llm.anthropic_model:credential_problem")()
    return problem
