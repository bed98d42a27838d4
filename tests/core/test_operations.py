"""The operation table on the CPU."""

import inspect

import pytest

import learngrad as lg
from learngrad import ops
from learngrad.autograd import Function, observe
from tests.optable import OPERATIONS, check
from tests.optable.reference import torch

ROWS = [pytest.param(op, sample, id=f"{op.name} {sample}") for op in OPERATIONS
        for sample in op.samples]
WRONG = [pytest.param(wrong, id=f"{op.name} {k}") for op in OPERATIONS
         for k, wrong in enumerate(op.wrong)]


@pytest.mark.parametrize(("operation", "sample"), ROWS)
def test_values_and_derivatives(operation, sample):
    check.check_row(operation, sample, "cpu")


@pytest.mark.skipif(torch is None, reason="the results of dtypes are PyTorch's")
@pytest.mark.parametrize("operation", [op for op in OPERATIONS if op.dtypes], ids=str)
def test_dtypes(operation):
    check.check_dtypes(operation, "cpu")


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_input(wrong):
    check.check_wrong(wrong, "cpu")


class Names(observe.Watcher):
    def __init__(self):
        self.seen = set()

    def operation(self, node, inputs, outputs, made):
        self.seen.add(type(node))


def subclasses(cls):
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def test_every_operation_has_a_row():
    """An operation that the table does not run is not tested: give it a row."""
    names = Names()
    with observe.watch(names):
        for op in OPERATIONS:
            for sample in op.samples:
                check.Case(op, sample, "cpu").run()
    concrete = {cls for cls in subclasses(Function) if cls.__module__.startswith("learngrad.ops.")
                and cls.forward is not Function.forward}
    assert len(concrete) > 30
    assert [op.name for op in OPERATIONS if not op.samples] == []
    assert concrete - names.seen == set()


def test_every_public_operation_has_a_row():
    """Whatever a user can call under some name; helpers of the operations are not asked."""
    rows = {op.name for op in OPERATIONS}
    names = {}
    for space in (lg, lg.nn.functional, getattr(lg, "linalg", None)):
        for name, value in vars(space).items() if space else ():
            if inspect.isfunction(value) and value.__module__.startswith("learngrad.ops.") and (
                    name[0] != "_" != name[-1]):  # in place: the same formula
                names.setdefault(value, {value.__name__}).add(name)
    assert len(names) > 40
    assert [sorted(n) for n in names.values() if not n & rows] == []


def test_every_numpy_function_has_a_row():
    """What NumPy's functions mean on tensors is a spelling of some row."""
    rows = {op.name for op in OPERATIONS}
    named = {f.__name__ for f in ops.NUMPY.values()}
    assert named - rows - {"abs", "reduction", "<lambda>"} == set()


def test_names_are_unique():
    names = [op.name for op in OPERATIONS]
    assert len(names) == len(set(names))
    assert isinstance(lg.__version__, str)
