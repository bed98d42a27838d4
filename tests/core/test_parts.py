"""Parts that are changed in place in the graph: what they are parts of follows, beside PyTorch."""

import numpy as np
import pytest

import learngrad as lg
from learngrad.trace import Recorder
from tests.optable.reference import torch

# One line is one program; what it ends with is the loss.
PROGRAMS = """
x = w * 2; v = x[0]; v += 1; (x * x).sum() + v.sum()
x = w * 2; v = x[0]; v.mul_(3); x.sum() * v.sum()
x = w * 2; x[0][1] = 9; (x ** 2).sum()
x = w * 2; x[:, 0].add_(1).pow_(2); (x ** 2).sum()
x = w * 2; x.t().div_(2); (x ** 2).sum()
x = w * 2; x.view(-1)[3].mul_(5).add_(1); (x ** 3).sum()
x = w * 2; v = x.reshape(-1); v[v > 2] = -1; (x * x).sum() + (v ** 3).sum()
x = w * 2; v = x[0]; u = x[:, 1]; v.mul_(u.sum()); (u ** 2).sum() + (x ** 2).sum() + (v ** 2).sum()
x = w * 2; v = x[0]; x.mul_(3); (v ** 2).sum() + x.sum()
x = w @ w; torch.diagonal(x).add_(-1).pow_(2); (x ** 2).sum()
x = w * 2; v = x.diagonal(); v.zero_(); (x ** 2).sum() + v.sum()
x = w * 2; x[0] = x[1]; (x ** 2).sum()
x = w * 2; row = x[0]; x[1] = 5.; (x ** 2).sum() + (row ** 3).sum()
x = w * 2; row = x[0]; x[0] = row * row; (x ** 2).sum() + (row ** 3).sum()
x = w * 2; v = x.permute(1, 0)[0]; v += w[1]; (x ** 2).sum()
x = w * 2; v = x.unsqueeze(0).squeeze(); v.exp_(); (x ** 2).sum() + (v * x).sum()
x = w * 2; v = x.narrow(0, 1, 1); v.copy_(w[:1]); (x ** 3).sum()
x = w * 2; v = x[0, 1]; v.mul_(4); v.mul_(x[0, 0].detach()); (x ** 3).sum() * v
x = w * 2; v = x[0]; u = v[1:]; u += 1; v *= 2; u *= 3; (x ** 2).sum() + (v ** 2 + u ** 3).sum()
x = w * 2; v = torch.relu_(x.flatten()); (x ** 2).sum() + (v ** 3).sum()
x = w * 2; v = x.view(4); v.masked_fill_(v > 4, 0); torch.softmax(x, -1).pow(2).sum() + v.sum()
x = w * 2; v = x.T; v[0] = v[1] * 3; (x ** 2).sum() + (v[0] ** 3).sum()
x = w * 2; v = x[:1].reshape(2); v.add_(1); (x ** 2).sum() + v.sum()
x = w * 2; v = x.T.reshape(4); v.add_(1); u = v[1:]; u.mul_(2); (x ** 2).sum() + (u * v[1:]).sum()
x = w * 2; v = x[0]; y = x.sum() * v.sum(); v += 1; y + (x ** 2).sum()
x = w * 2; v = x[0].zero_(); (x ** 2).sum() + v.sum() + (w ** 2).sum()
x = w * 2; v = x[torch.tensor([0])]; v += 1; (x ** 2).sum() + (v ** 2).sum()
x = w * 2; y = x * x; v = x[0]; v += 1; y.sum()
x = w * 2; v = x.expand(3, 2, 2); v += 1; x.sum()
x = w * 2; d = x.detach(); x.mul_(2); x.sum() + d.sum()
x = w * 2; d = x.detach(); d.mul_(2); (x ** 2).sum()
x = w * 2; v = x[0]; v.add_(1); v = None; (x ** 2).sum()
x = w * 2; v = x[0]; u = v.sin(); v.add_(1); (x ** 2).sum() + u.sum()
x = w * 2; v = x[0]; u = v.sum(); v.add_(u); (x ** 2).sum() + u
x = w * 2; y = x[:1].expand(3, 2); x.mul_(2); (y ** 2).sum() + x.sum()
x = w * 2; y = x.unsqueeze(1).expand(2, 3, 2)[1]; x[1].mul_(2); (y ** 2).sum() + (x ** 2).sum()
x = w * 2; v = x[:, None, 1]; v -= 1; x.t()[0].sin_(); (x ** 2).sum() + (v ** 2).sum()
x = w * 2; v = x[..., 0]; v -= x[..., 1]; (x ** 2).sum() + (v ** 2).sum()
x = w * 2; v = x.movedim(0, 1).reshape(2, 2); v[0, 0] = 7; (x ** 2).sum() + (v ** 2).sum()
x = w * 2; v = x.ravel(); v.clamp_(min=1.5); torch.relu(x - 3).sum() + (v ** 2).sum()
x = w * 2; v = x[[0, 0]]; u = v[0]; u.mul_(3); (v ** 2).sum() + (u * x[0]).sum()
x = w * 2; v = x.gather(0, torch.tensor([[0, 0], [0, 1]])); v[0][1] = 3; (v ** 2).sum() + x.sum()
x = w * 2; v = x.index_select(0, torch.tensor([1, 1])); v.t()[0].relu_(); (v ** 2).sum()
x = w * 2; v = x.repeat_interleave(2, 0)[:2]; v[0] *= 2; (v ** 2).sum()
x = w * 2; v = x[:1].expand(2, 2).reshape(4).view(2, 2); v[0].mul_(3); (v ** 2).sum() + x.sum()
x = w * 2; x.copy_((w * 1)[0]); x[0].mul_(3); (x ** 2).sum()
x = w * 2; x.copy_((w * 1)[[0, 0]]); v = x[0]; v.mul_(3); (x ** 2).sum() + v.sum()
x = w * 2; [x[i].mul_(i + 2) for i in range(2)]; (x ** 2).sum()
x = w * 1; v = x.view(2, 2, 1)[:, 0]; v[:] = w[0, 0]; x.pow(3).sum()
""".strip().split("\n")


def gradients(lib, program):
    """The loss, its gradient, and the gradient of that one's squares; or the error's family."""
    w = lib.tensor([[1.0, 2.0], [3.0, 0.5]], dtype=lib.float64, requires_grad=True)
    names = {"torch": lib, "w": w}
    *lines, last = program.split("; ")
    try:
        exec("\n".join(lines), names)
        loss = eval(last, names).sum()
        g, = lib.autograd.grad(loss, w, create_graph=True)
        h = lib.autograd.grad((g * g).sum(), w)[0] if g.requires_grad else g
    except RuntimeError:
        return RuntimeError
    return [x.detach().numpy() for x in (loss, g, h)]


@pytest.mark.skipif(torch is None, reason="compared with PyTorch")
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_whole_and_its_other_parts_follow(program):
    ours, theirs = gradients(lg, program), gradients(torch, program)
    if theirs is RuntimeError:
        assert ours is RuntimeError
    else:
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-12)


def test_an_attention_with_its_mask_put_into_a_view():
    scores = lg.tensor([[[0.5, 2.0], [1.0, 3.0]]], requires_grad=True)
    flat = (scores * 1).reshape(-1, 2)
    flat[lg.tensor([[False, True], [False, False]])] = -1e6
    lg.softmax(flat.reshape(scores.shape), -1)[0, :, 0].sum().backward()
    share = 1 / (1 + np.exp(2.0))
    np.testing.assert_allclose(
        scores.grad, [[[0, 0], [share * (1 - share), -share * (1 - share)]]], rtol=1e-6)


def test_views_that_are_gone_are_forgotten():
    x = lg.ones(4, requires_grad=True) * 1
    for _ in range(1_000):
        x[0], x.chunk(2), x.split([1, 1, 2])
    assert len(x._cell[1]) < 200
    kept = [x[:2] for _ in range(100)]
    kept[7].add_(1)
    assert kept[99].tolist() == [2, 2]
    assert all(part.grad_fn.next_functions[0][0] is x.grad_fn for part in kept)


def test_what_an_operation_of_ones_own_returned_as_it_came_is_not_changed():
    class Same(lg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g

    x = lg.ones(2, 2, requires_grad=True) * 1
    y = Same.apply(x)
    for part in (y[0], x[0]):
        with pytest.raises(lg.errors.GraphError, match="shares its memory"):
            part.mul_(3)


def test_the_trace_has_what_was_there():
    w = lg.tensor([[1.0, 2.0], [3.0, 0.5]], requires_grad=True)
    with Recorder() as tape:
        x = w * 2
        for i in range(2):
            x[i].mul_(i + 2)
    wholes = [node["preview"]["values"] for node in tape.to_dict()["nodes"]
              if node["op"] == "indexput"]
    assert wholes == [[4, 8, 6, 1], [4, 8, 18, 3]]


def test_what_shares_memory_without_the_graph_does_not_stand_in_the_way():
    w = lg.ones(2, requires_grad=True)
    y = w * 2
    plain, array = y.detach(), y.detach().numpy()
    with lg.no_grad():
        part = y[0]
    y.mul_(3)
    assert plain.tolist() == array.tolist() == [6, 6]
    assert part.item() == 6
    y.sum().backward()
    assert w.grad.tolist() == [6, 6]
