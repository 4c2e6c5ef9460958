"""What all tests share: the same examples on every run, and readable failures in helpers."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.arithmetic.smtlib", "tests.arithmetic.interpretations")
pytest.register_assert_rewrite("tests.expressions.expression_cases")

os.environ["SMTCHECK_CACHE"] = ""  # lemmas that the user's folder knows are proved again

settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)  # before slow ones are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of tests with many alike cases, some are run by default and the others are slow."""
    seen: Counter[str] = Counter()
    for item in items:
        sampled = item.get_closest_marker("sampled")
        if sampled is not None:
            test = item.nodeid.partition("[")[0]
            if seen[test] % sampled.args[0]:
                item.add_marker(pytest.mark.slow)
            seen[test] += 1
