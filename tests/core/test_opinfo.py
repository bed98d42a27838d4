"""PyTorch's own database of operations over learngrad: values, dtypes, gradients, refusals.

At most 20 samples of each operation in each of four dtypes, with first gradients in float64, and
every argument that it has to refuse. `differences.toml` names what comes out differently.
"""

import fnmatch

import pytest

from tests import differences, opinfo

pytestmark = pytest.mark.skipif(not opinfo.op_db, reason="needs PyTorch and expecttest")


@pytest.mark.parametrize("name", opinfo.OFFERED)
def test_means_the_same(name):
    wrong = [f"{case} {text}" for case, text in opinfo.run(name)
             if differences.find("opinfo", case) is None]
    assert not wrong, "\n\n".join(wrong)


def test_most_of_the_database_is_reached():
    for name in opinfo.OFFERED:
        opinfo.run(name)
    assert opinfo.counts["operations"] > 300
    assert opinfo.counts["samples"] > 8000
    assert opinfo.counts["errors"] > 300


def test_every_difference_is_seen():
    """What no longer differs leaves the file."""
    seen = {case for name in opinfo.OFFERED for case, _ in opinfo.run(name)}
    stale = [pattern for entry in differences.ALL["opinfo"] for pattern in entry["cases"]
             if not fnmatch.filter(seen, pattern)]
    assert not stale
    assert all(entry["why"] for entry in differences.ALL["opinfo"])
