"""Derivatives of functions, against what calculus says."""

from __future__ import annotations

import numpy as np
import pytest

import learngrad
from learngrad.autograd import detect_anomaly
from learngrad.autograd.functional import grad, hessian, jacobian, jvp, value_and_grad, vjp
from learngrad.errors import (
    AnomalyError,
    ArgumentError,
    ArgumentTypeError,
    GraphError,
    ShapeError,
)

A = np.array([[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]], np.float32)


def linear_tanh(x):
    return (learngrad.tensor(A) @ x).tanh()


def jacobian_by_hand(x):
    return (1 - np.tanh(A @ x) ** 2)[:, None] * A


X = np.array([0.3, -0.5, 1.2], np.float32)


def test_jacobian_and_its_products():
    x = learngrad.tensor(X)
    J = jacobian_by_hand(X)
    np.testing.assert_allclose(jacobian(linear_tanh, x).numpy(), J, rtol=1e-5)
    v, u = np.array([1.0, -2.0], np.float32), np.array([0.5, 1.0, -1.0], np.float32)
    out, got = vjp(linear_tanh, x, learngrad.tensor(v))
    np.testing.assert_allclose(out.numpy(), np.tanh(A @ X), rtol=1e-6)
    np.testing.assert_allclose(got.numpy(), v @ J, rtol=1e-5)
    _, got = jvp(linear_tanh, x, learngrad.tensor(u))
    np.testing.assert_allclose(got.numpy(), J @ u, rtol=1e-5)


def test_hessian_of_a_quadratic_is_its_matrix():
    M = A.T @ A
    H = hessian(lambda x: 0.5 * (x @ learngrad.tensor(M) @ x), learngrad.tensor(X))
    np.testing.assert_allclose(H.numpy(), (M + M.T) / 2, rtol=1e-5)


def test_hessian_of_two_inputs():
    (aa, ab), (ba, bb) = hessian(lambda a, b: (a * b * b).sum(),
                                 (learngrad.tensor([1.0, 2.0]), learngrad.tensor([3.0, 4.0])))
    np.testing.assert_array_equal(aa.numpy(), np.zeros((2, 2)))
    np.testing.assert_array_equal(ab.numpy(), np.diag([6.0, 8.0]))
    np.testing.assert_array_equal(ba.numpy(), ab.numpy().T)
    np.testing.assert_array_equal(bb.numpy(), np.diag([2.0, 4.0]))


def test_grad_of_grad_of_grad():
    third = grad(grad(grad(lambda x: x**4)))
    assert third(learngrad.tensor(2.0)).item() == 48.0


def test_value_and_grad_of_chosen_arguments():
    value, (da, db) = value_and_grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(
        learngrad.tensor([1.0, 2.0]), learngrad.tensor([3.0, 4.0]))
    assert (value.item(), da.tolist(), db.tolist()) == (11.0, [3.0, 4.0], [1.0, 2.0])
    assert not value.requires_grad


def test_a_jacobian_may_be_differentiated():
    x = learngrad.tensor([2.0, 3.0], requires_grad=True)
    J = jacobian(lambda x: x * x, x, create_graph=True)
    J.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_no_dependence_is_zero():
    constant = learngrad.tensor([5.0, 6.0])
    assert jacobian(lambda x: constant, learngrad.tensor([1.0])).tolist() == [[0.0], [0.0]]
    assert grad(lambda x: (x * 0).sum())(learngrad.tensor([1.0])).tolist() == [0.0]
    x, v = learngrad.tensor([1.0]), learngrad.ones(2)
    assert hessian(lambda x: constant.sum(), x).tolist() == [[0.0]]
    assert [t.tolist() for t in vjp(lambda x: constant, x, v)] == [[5.0, 6.0], [0.0]]
    assert [t.tolist() for t in jvp(lambda x: constant, x)] == [[5.0, 6.0], [0.0, 0.0]]


def test_no_dependence_is_zero_of_an_infinity_too():
    x, one = learngrad.tensor([np.inf]), learngrad.ones(1)
    assert jacobian(lambda x: one, x).item() == 0
    assert vjp(lambda x: one, x)[1].item() == 0
    assert jvp(lambda x: x - x.detach(), x, one)[1].item() == 1



def test_wrong_inputs_are_told():
    with pytest.raises(ArgumentTypeError, match="with respect to a tensor"):
        jacobian(lambda x: x, 3.0)
    x = learngrad.tensor([1.0, 2.0])
    with pytest.raises(GraphError, match="of one number"):
        hessian(lambda x: x * x, x)
    for product, more in ((vjp, [x]), (jvp, [x]), (jacobian, []), (hessian, [])):
        with pytest.raises(ArgumentTypeError, match="one tensor, not"):
            product(lambda x: (x, x), x, *more)
    for product in (vjp, jvp):
        with pytest.raises(ArgumentError, match="its derivative is 0"):
            product(lambda x: x, x, learngrad.ones(2), strict=True)


@pytest.mark.parametrize("v", [
    learngrad.ones(1), learngrad.ones(2, 2), (learngrad.ones(2),) * 2, learngrad.tensor(1.0)])
def test_a_direction_has_the_inputs_shape(v):
    with pytest.raises(ShapeError, match="goes along with the inputs"):
        jvp(lambda x: x * x, learngrad.tensor([1.0, 2.0]), v)


def test_a_direction_is_needed_but_for_one_number():
    assert jvp(lambda x: x * x, learngrad.tensor([3.0]))[1].tolist() == [6.0]
    for inputs in (learngrad.tensor([1.0, 2.0]), (learngrad.tensor(1.0),) * 2):
        with pytest.raises(GraphError, match="needs a direction"):
            jvp(lambda *xs: xs[0], inputs)


def test_anomaly_forward_names_operation_and_line():
    def program():
        x = learngrad.tensor([1.0, 0.0])
        y = x / 0.0
        return y.log()

    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        program()
    assert "div gave inf where every input was finite" in str(caught.value)
    assert "y = x / 0.0" in str(caught.value)


def test_anomaly_backward_names_the_forward_line():
    x = learngrad.tensor([0.0, 1.0], requires_grad=True)
    root = x.sqrt()
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        root.sum().backward()
    assert "the backward of sqrt gave inf for input 0" in str(caught.value)
    assert "root = x.sqrt()" in str(caught.value)
    x.sqrt().sum().backward()  # and nothing is broken
    assert x.grad.tolist() == [float("inf"), 0.5]


def test_anomaly_as_decorator_and_switched_off():
    @detect_anomaly()
    def bad():
        return learngrad.tensor(0.0).log()

    for _ in range(2):
        with pytest.raises(AnomalyError):
            bad()
    with detect_anomaly(check_nan=False):
        assert learngrad.tensor(0.0).log().item() == -float("inf")


def test_a_direction_that_is_no_tensor_or_does_not_fit():
    x = learngrad.tensor([1.0, 2.0])
    with pytest.raises(TypeError, match="v is a tensor"):
        jvp(lambda x: x * x, x, 1.0)
    for v in (learngrad.ones(5), None):  # also where the output depends on nothing
        with pytest.raises(RuntimeError, match="along with the output"):
            vjp(lambda x: learngrad.ones(2), x, v)
    assert vjp(lambda x: x * x, x, (learngrad.ones(2),))[1].tolist() == [2.0, 4.0]
