"""Hypothesis is set as for the core."""

from tests.core import conftest  # noqa: F401
