"""How long each part of the suite took, printed at the end: the folders under `tests`."""

from collections import Counter, defaultdict

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seconds of each part, setup and teardown included."""
    seconds: defaultdict[str, float] = defaultdict(float)
    tests: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                part = part_of(report.nodeid)
                seconds[part] += report.duration
                tests[part] += report.when == "call"
    if len(tests) > 1:
        terminalreporter.write_sep("=", "parts")
        for part, duration in sorted(seconds.items(), key=lambda each: -each[1]):
            terminalreporter.write_line(f"{part:<24} {tests[part]:>6} tests {duration:>8.1f} s")


def part_of(nodeid: str) -> str:
    """`tests/unit` of `tests/unit/rules/test_retry.py::test_…`."""
    return "/".join(nodeid.partition("::")[0].split("/")[:2])
