"""What all tests share: the same examples on every run, and readable failures in helpers."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.arithmetic.smtlib", "tests.arithmetic.interpretations")
pytest.register_assert_rewrite("tests.expressions.expression_cases")

os.environ["SMTCHECK_CACHE"] = ""  # lemmas that the user's folder knows are proved again

settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")
