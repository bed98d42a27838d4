"""The operation table on the GPU, or on the stand-in for it."""

import pytest

from tests.optable import OPERATIONS, check
from tests.optable.halves import check_half
from tests.optable.reference import torch

ROWS = [pytest.param(op, sample, id=f"{op.name} {sample}") for op in OPERATIONS
        for sample in op.samples]
WRONG = [pytest.param(wrong, id=f"{op.name} {k}") for op in OPERATIONS
         for k, wrong in enumerate(op.wrong)]


@pytest.mark.parametrize(("operation", "sample"), ROWS)
def test_values_and_derivatives(operation, sample):
    check.check_row(operation, sample, "cuda")


@pytest.mark.skipif(torch is None, reason="the results of dtypes are PyTorch's")
@pytest.mark.parametrize("operation", [op for op in OPERATIONS if op.dtypes], ids=str)
def test_dtypes(operation):
    check.check_dtypes(operation, "cuda")


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_input(wrong):
    check.check_wrong(wrong, "cuda")


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_bfloat16(operation):
    for sample in operation.samples[:2]:
        check_half(operation, sample, "cuda")
