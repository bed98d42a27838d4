"""The rows of the operation table in bfloat16, beside float32 and PyTorch's bfloat16."""

import numpy as np

import learngrad as lg
from tests.optable import check
from tests.optable.form import T, truth
from tests.optable.reference import dtype_name, to_numpy, torch

STEP = 2.0**-8  # what rounding to bfloat16 may change, of a number's size


class Case(check.Case):
    """A sample in bfloat16: for learngrad, for PyTorch, and once more in float32 (``single``)."""

    def __init__(self, operation, sample, device):
        self.single, self.single_leaves = [], []
        super().__init__(operation, sample, device)

    def _add(self, argument, chars):
        if not isinstance(argument, T):
            self.single.append(check.swap(argument, lambda a: lg.tensor(a, device=self.device)))
            super()._add(argument, chars)
            return
        base = argument.base(self.rng)
        floating = base.dtype.kind == "f" and argument.values is not truth
        whole = lg.tensor(base.astype(np.float32) if floating else base, device=self.device)
        ours = whole.bfloat16() if floating else whole
        for made, row, leaves in ((ours, self.ours, self.leaves), (
                ours.float() if floating else ours, self.single, self.single_leaves)):
            part = argument.take(made).detach()
            if floating and argument.needs:
                leaves.append(part.requires_grad_())
            row.append(part)
        if torch is not None:
            theirs = torch.tensor(np.array(to_numpy(self.single[-1])))
            self.torch.append(theirs.bfloat16() if floating else theirs)
            if floating and argument.needs:
                self.torch_leaves.append(self.torch[-1].requires_grad_())


def near(ours, others, what):
    """As near as numbers that were rounded several times on the way can be."""
    ours, others = (to_numpy(t).astype(np.float64) for t in (ours, others))
    size = np.abs(others[np.isfinite(others)]).max(initial=0.0)
    np.testing.assert_allclose(ours, others, rtol=6 * STEP, atol=6 * STEP * size + 1e-37,
                               err_msg=what)


def check_half(operation, sample, device):
    """Values and gradients, to the precision of bfloat16, and the dtypes of both."""
    case = Case(operation, sample, device)
    outs = case.run()
    case.ours = case.single
    singles = case.run()
    try:
        theirs = None if torch is None else case.run_torch()
    except (RuntimeError, NotImplementedError, TypeError):  # PyTorch has none for bfloat16
        theirs = None
    for k, (out, single) in enumerate(zip(outs, singles, strict=True)):
        assert out.dtype in (lg.bfloat16, single.dtype, lg.float64)
        near(out, single, "forward, beside float32")
        if theirs is not None:
            assert dtype_name(out.dtype) == dtype_name(theirs[k].dtype)
            near(out, theirs[k], "forward, beside PyTorch")
    reached = [k for k, out in enumerate(outs) if out.requires_grad]
    if not reached:
        return
    rng = np.random.default_rng(0)
    weights = [lg.tensor(rng.standard_normal(outs[k].shape)).to(outs[k]) for k in reached]
    gradients = lg.autograd.grad([outs[k] for k in reached], case.leaves, weights,
                                 allow_unused=True, retain_graph=True)
    exact = lg.autograd.grad([singles[k] for k in reached], case.single_leaves, [
        w.to(singles[k].dtype) for k, w in zip(reached, weights)], allow_unused=True)
    for g, single in zip(gradients, exact, strict=True):
        assert (g is None) == (single is None)
        if g is not None:
            assert (g.dtype, single.dtype) == (lg.bfloat16, lg.float32)
            near(g, single, "gradient, beside float32")
    if operation.twice:
        again = lg.autograd.grad([outs[k] for k in reached], case.leaves, weights,
                                 create_graph=True, allow_unused=True)
        for g, first in zip(again, gradients, strict=True):
            assert (g is None) == (first is None)
            assert g is None or g.dtype == lg.bfloat16
