"""A line in the end of `make mutants`: how many checks were deleted, and what noticed."""

from __future__ import annotations

from collections import Counter

import pytest

DELETING = "::test_deleting_a_check_is_noticed["


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ends = {
        end: [report for report in terminalreporter.stats.get(end, ()) if DELETING in report.nodeid]
        for end in ("passed", "failed", "skipped")
    }
    if not ends["passed"]:
        return
    tests = Counter(value for report in ends["passed"] for _, value in report.user_properties)
    noticed = ", ".join(f"{count} by {name}" for name, count in tests.most_common())
    deleted = len(ends["passed"]) + len(ends["failed"])
    terminalreporter.write_line(
        f"{deleted} checks deleted, {len(ends['passed'])} noticed ({noticed}), "
        f"{len(ends['skipped'])} harmless"
    )
