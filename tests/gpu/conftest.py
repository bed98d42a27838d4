"""This folder runs on CuPy where there is a GPU, and on the strict stand-in elsewhere."""

import pytest

from tests import cupy_standin


@pytest.fixture(scope="module", autouse=True)  # a package without __init__ lasts the session
def cupy():
    with cupy_standin.installed() as module:
        yield module


@pytest.fixture
def counts(cupy):
    """What crossed between the devices and how often the host waited, from 0."""
    if cupy.ndarray is not cupy_standin.ndarray:
        pytest.skip("only the stand-in counts")
    cupy_standin.counts.reset()
    return cupy_standin.counts
