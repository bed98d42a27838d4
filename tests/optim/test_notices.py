"""What an optimiser says in its first steps, once, and when it says nothing."""

import copy
import gc
import warnings
import weakref

import pytest

import learngrad
from learngrad import nn, optim
from learngrad.optim.notices import STEPS

BOTH = pytest.mark.parametrize("Optimizer", [optim.SGD, optim.Adam])


def leaf(*values):
    return learngrad.tensor(values, requires_grad=True)


def texts_of(program):
    """What a program is told; every warning points at the user's line, not at ours."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program()
    assert all(w.filename == __file__ for w in caught)
    return [str(w.message) for w in caught]


# ---- Nothing moves -------------------------------------------------------------------------------

@BOTH
def test_a_step_without_any_gradient_is_told_once(Optimizer):
    w = leaf(1.0)
    optimizer = Optimizer([w], lr=0.1)
    said, = texts_of(lambda: [optimizer.step() for _ in range(5)])
    assert "moved nothing" in said
    assert w.item() == 1


def test_it_tells_where_backward_ran():
    w, v = leaf(1.0), leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1)
    (v * v).sum().backward()
    said, = texts_of(optimizer.step)
    assert "(v * v).sum().backward()" in said
    assert "did not reach them" in said


def test_zero_grad_between_backward_and_step():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.zero_grad()
    said, = texts_of(optimizer.step)
    assert "zero_grad(), backward(), step()" in said


def test_a_later_step_without_gradient_is_no_mistake():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1)
    w.grad = learngrad.ones(1)

    def program():
        optimizer.step()
        optimizer.zero_grad()
        optimizer.step()

    assert texts_of(program) == []


# ---- A parameter never moves ---------------------------------------------------------------------

class Forgetful(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(2, 2)
        self.forgotten = nn.Linear(2, 3)

    def forward(self, x):
        return self.used(x)


def train(model, optimizer, steps, x=None):
    for _ in range(steps):
        optimizer.zero_grad()
        model(learngrad.ones(1, 2) if x is None else x).sum().backward()
        optimizer.step()


@BOTH
def test_a_parameter_without_gradient_is_named(Optimizer):
    model = Forgetful()
    optimizer = Optimizer(model.parameters(), lr=0.1)
    said, = texts_of(lambda: train(model, optimizer, 10))
    assert "2 parameters" in said
    assert "weight: shape [3, 2], float32" in said
    assert "self.forgotten = nn.Linear(2, 3)" in said  # the line that made it
    assert "why_no_grad" in said


def test_frozen_parameters_are_not_named():
    model = Forgetful()
    for p in model.forgotten.parameters():
        p.requires_grad_(False)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    assert texts_of(lambda: train(model, optimizer, 5)) == []


def test_parts_that_take_turns_are_not_named():
    heads = nn.ModuleList([nn.Linear(2, 1), nn.Linear(2, 1)])
    optimizer = optim.SGD(heads.parameters(), lr=0.1)

    def program():
        for step in range(6):
            train(heads[step % 2], optimizer, 1)

    assert texts_of(program) == []


def test_many_are_not_all_listed():
    model = nn.ModuleList([nn.Linear(1, 1) for _ in range(20)])
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    said, = texts_of(lambda: train(model[0], optimizer, 3, learngrad.ones(1, 1)))
    assert "38 parameters" in said
    assert "and 30 more" in said


# ---- Gradients of two steps are summed -----------------------------------------------------------

@BOTH
def test_no_zero_grad_is_told_once(Optimizer):
    w = leaf(1.0)
    optimizer = Optimizer([w], lr=0.1)

    def program():
        for _ in range(6):
            (w * 2).sum().backward()
            optimizer.step()

    said, = texts_of(program)
    assert "optimizer.zero_grad()" in said


def test_no_zero_grad_with_several_backwards():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1)

    def program():
        for _ in range(3):
            for _ in range(4):
                (w * 2).sum().backward()
            optimizer.step()

    said, = texts_of(program)
    assert "sum of new gradients" in said


CLEARING = {
    "zero_grad": lambda model, optimizer: optimizer.zero_grad(),
    "zeros": lambda model, optimizer: optimizer.zero_grad(set_to_none=False),
    "the model's": lambda model, optimizer: model.zero_grad(),
    "None": lambda model, optimizer: [setattr(p, "grad", None) for p in model.parameters()],
    "grad.zero_": lambda model, optimizer: [
        p.grad.zero_() for p in model.parameters() if p.grad is not None],
    "grad.data.zero_": lambda model, optimizer: [
        p.grad.data.zero_() for p in model.parameters() if p.grad is not None],
    "zeros of its own": lambda model, optimizer: [
        setattr(p, "grad", learngrad.zeros_like(p)) for p in model.parameters()],
}


@pytest.mark.parametrize("backwards", [1, 3])
@pytest.mark.parametrize("clear", CLEARING.values(), ids=CLEARING)
@pytest.mark.parametrize("when", ["before", "after"])
def test_gradients_summed_on_purpose(clear, backwards, when):
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.01)

    def program():
        for _ in range(6):
            if when == "before":
                clear(model, optimizer)
            for k in range(backwards):
                (model(learngrad.ones(3, 2)) * (k + 1)).sum().backward()
            optimizer.step()
            if when == "after":
                clear(model, optimizer)

    assert texts_of(program) == []


def test_two_networks_that_train_each_other():
    """The generator's loss leaves gradients in the discriminator, which are cleared unused."""
    G, D = nn.Linear(1, 1), nn.Linear(1, 1)
    of_G, of_D = optim.SGD(G.parameters(), lr=0.01), optim.SGD(D.parameters(), lr=0.01)

    def program():
        for _ in range(6):
            fake = G(learngrad.ones(4, 1))
            of_D.zero_grad()
            (D(fake.detach()).mean() - D(learngrad.ones(4, 1)).mean()).backward()
            of_D.step()
            of_G.zero_grad()
            (-D(fake).mean()).backward()
            of_G.step()

    assert texts_of(program) == []


def test_a_closure_that_clears():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    assert texts_of(lambda: [optimizer.step(closure) for _ in range(5)]) == []


def test_gradients_that_are_assigned():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1)

    def program():
        for _ in range(5):
            w.grad = learngrad.ones(1)
            optimizer.step()

    assert texts_of(program) == []


# ---- Afterwards ----------------------------------------------------------------------------------

@pytest.mark.parametrize("clears", [True, False])
def test_after_the_first_steps_nothing_is_left_of_it(clears):
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1)

    def program():
        for _ in range(STEPS):
            if clears:
                optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()

    assert len(texts_of(program)) == (0 if clears else 1)
    assert not optimizer._after
    assert not optimizer._before
    assert w._edge[0].extras is None  # backward passes it as fast as ever


def test_hooks_of_the_users_own_stay():
    w, seen = leaf(1.0), []
    w.register_hook(lambda g: seen.append(g.item()) or None)
    optimizer = optim.SGD([w], lr=0.1)
    for _ in range(STEPS + 1):
        optimizer.zero_grad()
        (w * 2).sum().backward()
        optimizer.step()
    assert seen == [2.0] * (STEPS + 1)


def test_a_copy_does_not_begin_again():
    model = Forgetful()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    both = copy.deepcopy((model, optimizer))
    assert texts_of(lambda: train(*both, 5)) == []
    assert len(texts_of(lambda: train(model, optimizer, 5))) == 1


def test_what_it_remembers_keeps_no_tensor_alive():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.step()
    gone = weakref.ref(w)
    gc.disable()  # by its reference count alone
    try:
        del w, optimizer
        assert gone() is None
    finally:
        gc.enable()
