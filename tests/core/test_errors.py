"""Bad input: the error's class and the built-in one, the user's names and lines, and the fix."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors
from learngrad.autograd import Function


def told(call, kind, built_in, *words, fix=""):
    """Run `call`; its error must be of both classes, say all the words and have that fix."""
    with pytest.raises(getattr(errors, kind)) as caught:
        call()
    error, text = caught.value, str(caught.value)
    assert isinstance(error, built_in)
    assert isinstance(error, errors.LearngradError)
    for word in words:
        assert word in text, f"{word!r} is not in:\n{text}"
    assert fix in error.fix
    assert error.fix
    assert f"  Fix: {error.fix}" in text
    assert error.where.filename == __file__
    assert f"  Where: {error.where}" in text
    return error


def test_wrong_shapes():
    pixels, W2 = lg.ones(32, 784), lg.ones(128, 10)
    told(lambda: pixels @ W2, "ShapeError", RuntimeError, "784 and 128 do not agree",
         "pixels: shape [32, 784], float32, made at line", "W2: shape [128, 10]",
         "pixels, W2 = lg.ones(32, 784), lg.ones(128, 10)", fix=".T")
    bias = lg.ones(5)
    told(lambda: pixels + bias, "ShapeError", RuntimeError, "[32, 784] and [5] do not broadcast",
         "pixels: shape", "bias: shape [5]", "bias = lg.ones(5)", fix="reshape")
    told(lambda: lg.nn.Linear(3, 2)(pixels), "ShapeError", RuntimeError, "784 features",
         "takes 3", "pixels", "weight: shape [2, 3]", fix="in_features=784")
    target, guess = lg.ones(4), lg.ones(4, 1)
    told(lambda: lg.nn.MSELoss()(guess, target), "ShapeError", RuntimeError, "[4, 1] is not [4]",
         "guess: shape [4, 1]", "target: shape [4]", fix="squeeze")
    told(lambda: pixels.reshape(3, 3), "ShapeError", RuntimeError, "25088 elements", "pixels")


def test_a_notebook_can_show_the_arguments_of_each_frame():
    with pytest.raises(errors.ShapeError) as caught:
        lg.ones(4, 3) @ lg.ones(5, 2)
    for entry in caught.traceback:
        code = entry.frame.code.raw
        assert set(code.co_varnames[:code.co_argcount]) <= {*entry.frame.f_locals}


def test_wrong_dtypes():
    labels, logits = lg.tensor([0.0, 1.0]), lg.ones(2, 3)
    told(lambda: lg.nn.CrossEntropyLoss()(logits, labels), "DtypeError", RuntimeError,
         "classes as integers, not float32", "labels: shape [2]", fix="target.long()")
    counts = lg.tensor([1, 2])
    told(lambda: counts.requires_grad_(), "DtypeError", RuntimeError, "int64", "counts",
         fix="x.float()")
    told(lambda: lg.tensor([1, 2], requires_grad=True), "DtypeError", RuntimeError, "int64",
         fix="3.0 instead of 3")
    told(lambda: counts.mean(), "DtypeError", RuntimeError, "int64", fix="x.float().mean()")
    weights = lg.ones(2, dtype=lg.float64)
    told(lambda: logits.T @ weights, "DtypeError", RuntimeError, "float32 and float64",
         "weights: shape [2], float64", fix="float()")


def test_backward_on_several_numbers_without_gradient():
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    doubled = x * 2
    told(lambda: doubled.backward(), "GraphError", RuntimeError, "this tensor has 2",
         "doubled: shape [2]", "made at line", "doubled = x * 2", fix=".sum()")
    told(lambda: doubled.backward(lg.ones(3)), "ShapeError", RuntimeError, "[3]", "[2]", "doubled")
    told(lambda: lg.zeros(0, requires_grad=True).exp().backward(), "GraphError", RuntimeError,
         "has 0")


def test_backward_twice():
    x = lg.tensor(2.0, requires_grad=True)
    loss = x * x
    loss.backward()
    told(lambda: loss.backward(), "GraphError", RuntimeError, "replayed before", "freed",
         fix="retain_graph=True")


def test_a_tensor_that_needs_no_gradient():
    data = lg.tensor([1.0, 2.0])
    loss = data.sum()
    told(lambda: loss.backward(), "GraphError", RuntimeError, "requires_grad=True",
         "loss: shape [], float32", "loss = data.sum()", fix="requires_grad=True")
    w = lg.tensor(1.0, requires_grad=True)
    with lg.no_grad():
        hidden = w * 2
    told(lambda: hidden.backward(), "GraphError", RuntimeError, "no_grad", "hidden = w * 2")
    told(lambda: w.detach().backward(), "GraphError", RuntimeError, "detached")


def test_a_value_changed_in_place_after_it_was_saved():
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    hidden = x.exp()
    loss = (hidden * hidden).sum()
    hidden += 1
    told(lambda: loss.backward(), "GraphError", RuntimeError, "hidden was changed in place after",
         "mul", "loss = (hidden * hidden).sum()", "hidden = x.exp()", fix="hidden.clone()")


def test_changes_in_place_that_would_lose_the_gradient():
    w = lg.tensor([1.0, 2.0], requires_grad=True)
    told(lambda: w.add_(1), "GraphError", RuntimeError, "leaf", "w: shape [2]", fix="no_grad")

    def assign():
        w[0] = 5.0

    told(assign, "GraphError", RuntimeError, "leaf", "w: shape", fix="no_grad")
    view = w[0:1]
    told(lambda: view.mul_(2), "GraphError", RuntimeError, "shares its memory", "view",
         fix="y[i] = y[i] + 1")
    whole = lg.tensor([1, 2])
    told(lambda: whole.mul_(0.5), "DtypeError", RuntimeError, "float32", "int64", "whole")
    small = lg.ones(2)
    told(lambda: small.add_(lg.ones(3, 2)), "ShapeError", RuntimeError, "[3, 2]", "small")
    told(lambda: small.add_(lg.ones(3)), "ShapeError", RuntimeError, "small", "do not broadcast")


def test_nan_in_the_loss():
    x = lg.tensor([0.0, 1.0], requires_grad=True)
    ratio = x / x
    loss = (ratio * ratio).sum()
    told(lambda: loss.backward(), "AnomalyError", RuntimeError, "the loss is nan", "loss: shape []",
         "first seen in", "ratio", fix="learning rate")
    assert x.grad is None
    loss = (x / x).sum()
    loss.backward(lg.tensor(1.0))  # asked for by name
    assert np.isnan(x.grad.tolist()[0])


@pytest.mark.parametrize("call", [
    lambda: lg.tensor("3"), lambda: lg.tensor(["a", "b"]), lambda: lg.tensor([1.0, "2"]),
    lambda: lg.ones(2) * "2", lambda: "2" + lg.ones(2), lambda: lg.full((2,), "7"),
    lambda: lg.full((2,), "7", dtype=lg.float32), lambda: lg.arange("3"), lambda: lg.exp("1"),
    lambda: lg.linspace("0", 1, 3), lambda: lg.ones(2).fill_("1"), lambda: lg.zeros("3"),
    lambda: lg.ones(2).__setitem__(0, "1.5"), lambda: lg.manual_seed("0"),
    lambda: lg.tensor(b"12"), lambda: lg.tensor(np.array(["1"])), lambda: lg.randint("3", (2,)),
    lambda: lg.ones(2).sum("rows"), lambda: lg.ones(2) @ "ab", lambda: lg.ones(2) > "1",
    lambda: lg.ones(2, 2).max("0"), lambda: lg.ones(2).reshape("2"), lambda: lg.ones(2).expand("2"),
    lambda: lg.ones(2, requires_grad=True).sum().backward("1")], ids=range(24))
def test_text_where_a_number_belongs(call):
    error = told(call, "ArgumentTypeError", TypeError)
    assert "'" in str(error)


@pytest.mark.parametrize(("call", "kind", "built_in", "words"), [
    (lambda: lg.tensor([[1, 2], [3]]), "ArgumentError", ValueError, ["rows", "one length"]),
    (lambda: lg.tensor(None), "ArgumentTypeError", TypeError, ["None"]),
    (lambda: lg.tensor([1, None]), "ArgumentTypeError", TypeError, ["None"]),
    (lambda: lg.tensor({"a": 1}), "ArgumentTypeError", TypeError, ["dict"]),
    (lambda: lg.tensor(1 + 2j), "ArgumentTypeError", TypeError, ["complex"]),
    (lambda: lg.tensor([1j]), "ArgumentTypeError", TypeError, ["complex"]),
    (lambda: lg.tensor(2**63), "ArgumentError", ValueError, ["too large", "int64"]),
    (lambda: lg.tensor(10**400), "ArgumentError", ValueError, ["too large"]),
    (lambda: lg.tensor(np.array([1], object)), "ArgumentTypeError", TypeError, ["objects"]),
    (lambda: lg.tensor([1], dtype="float31"), "ArgumentTypeError", TypeError, ["float31"]),
    (lambda: lg.tensor([1], dtype=complex), "ArgumentTypeError", TypeError, ["complex"]),
    (lambda: lg.tensor(np.zeros(1, "g")), "ArgumentTypeError", TypeError, ["64 bits"]),
    (lambda: lg.zeros(2.5), "ArgumentTypeError", TypeError, ["2.5", "integers"]),
    (lambda: lg.zeros(2, True), "ArgumentTypeError", TypeError, ["True"]),
    (lambda: lg.zeros(-1), "ShapeError", RuntimeError, ["-1"]),
    (lambda: lg.rand(2, -3), "ShapeError", RuntimeError, ["[2, -3]"]),
    (lambda: lg.rand(2, dtype=int), "ArgumentTypeError", TypeError, ["fractions", "randint"]),
    (lambda: lg.arange(0, 1, 0), "ArgumentError", ValueError, ["0"]),
    (lambda: lg.linspace(0, 1, -3), "ArgumentError", ValueError, ["-3"]),
    (lambda: lg.linspace(0, 1, 2.0), "ArgumentTypeError", TypeError, ["2.0"]),
    (lambda: lg.randint(5), "ArgumentTypeError", TypeError, ["shape"]),
    (lambda: lg.randint(5, 5, (2,)), "ArgumentError", ValueError, ["5"]),
    (lambda: lg.randint(0.5, (2,)), "ArgumentTypeError", TypeError, ["0.5"]),
    (lambda: lg.randperm(-1), "ArgumentError", ValueError, ["-1"]),
    (lambda: lg.randperm(2.0), "ArgumentTypeError", TypeError, ["2.0"]),
    (lambda: lg.manual_seed(1.5), "ArgumentTypeError", TypeError, ["1.5"]),
    (lambda: lg.set_default_dtype(lg.int64), "ArgumentTypeError", TypeError, ["int64"]),
    (lambda: lg.from_numpy([1]), "ArgumentTypeError", TypeError, ["list"]),
    (lambda: lg.from_numpy(np.zeros(1, ">f4")), "ArgumentTypeError", TypeError, [">f4"]),
    (lambda: lg.ones(1, device="gpu"), "ArgumentError", ValueError, ["'gpu'", '"cuda"']),
    (lambda: lg.ones(2).item(), "ArgumentRangeError", RuntimeError, ["2"]),
    (lambda: bool(lg.ones(2)), "GraphError", RuntimeError, ["one element"]),
    (lambda: float(lg.ones(2)), "ArgumentRangeError", ValueError, ["2"]),
    (lambda: len(lg.tensor(1.0)), "ArgumentTypeError", TypeError, ["len"]),
    (lambda: list(lg.tensor(1.0)), "ArgumentTypeError", TypeError, ["single number"]),
    (lambda: [1, 2][lg.tensor(1.0)], "ArgumentTypeError", TypeError, ["index"]),
    (lambda: lg.ones(2)[0, 0], "OutOfRangeError", IndexError, ["[2]"]),
    (lambda: lg.ones(2)[5], "OutOfRangeError", IndexError, ["5", "[2]"]),
    (lambda: lg.ones(2)[1.0], "OutOfRangeError", IndexError, ["integers"]),
    (lambda: lg.ones(2)[lg.tensor(1.7)], "OutOfRangeError", IndexError, ["integer"]),
    (lambda: lg.ones(2)[[[0, 1], [0]]], "ArgumentError", ValueError, ["one length"]),
    (lambda: lg.ones(3)[lg.tensor([True, False])], "OutOfRangeError", IndexError, ["[3]"]),
    (lambda: lg.ones(2).sum(1), "OutOfRangeError", IndexError, ["dim=1", "-1 to 0"]),
    (lambda: lg.ones(2, 2).sum((0, 0)), "ShapeError", RuntimeError, ["twice"]),
    (lambda: lg.ones(2, requires_grad=True).numpy(), "GraphError", RuntimeError, ["gradient"]),
    (lambda: np.asarray(lg.ones(2, requires_grad=True)), "GraphError", RuntimeError, ["gradient"]),
    (lambda: np.unwrap(lg.ones(2)), "ArgumentTypeError", TypeError, ["np.unwrap"]),
    (lambda: np.cos(lg.ones(2), where=False), "ArgumentTypeError", TypeError, ["np.cos"]),
    (lambda: np.add.reduce(lg.ones(2)), "ArgumentTypeError", TypeError, ["np.add.reduce"]),
    (lambda: lg.ones(2).requires_grad_().exp().requires_grad_(False), "GraphError", RuntimeError,
     ["part of the graph"]),
    (lambda: setattr(lg.ones(2), "grad", 1.0), "ArgumentTypeError", TypeError, ["1.0"]),
    (lambda: setattr(lg.ones(2), "grad", lg.ones(3)), "ShapeError", RuntimeError, ["[3]"]),
    (lambda: setattr(lg.ones(2), "grad", lg.ones(2, dtype=lg.float64)), "DtypeError",
     RuntimeError, ["dtype"]),
    (lambda: lg.ones(2).register_hook(print), "GraphError", RuntimeError, ["hook"]),
    (lambda: lg.ones(2).retain_grad(), "GraphError", RuntimeError, ["retain"]),
], ids=range(55))
def test_other_bad_input(call, kind, built_in, words):
    told(call, kind, built_in, *words)


def test_without_a_gpu():
    try:
        import cupy  # noqa: F401
    except ImportError:
        told(lambda: lg.ones(2, device="cuda"), "MissingDependency", ImportError, "CuPy", "cuda",
             fix="cupy-cuda13x")
    else:
        pytest.skip("CuPy is installed")


# ---- How an error is made


def test_an_error_says_what_which_where_and_how_to_mend_it():
    left, right = lg.ones(2), lg.ones(3)
    with pytest.raises(errors.ShapeError) as caught:
        left + right
    error = caught.value
    what, one, other, where, fix = str(error).splitlines()
    assert what == error.what
    assert one.startswith("  left: shape [2], float32, made at line")
    assert other.startswith("  right: shape [3], float32, made at line")
    assert where == f"  Where: line {error.where.line} of test_errors.py: left + right"
    assert fix == "  Fix: reshape or unsqueeze one of them"
    assert list(error.tensors) == ["a", "b"]
    assert isinstance(error.__cause__, ValueError)


def test_a_parameters_own_name_is_used():
    model = lg.nn.Linear(3, 2)
    with pytest.raises(errors.ShapeError, match="weight: shape"):
        model(lg.ones(1, 4))


def test_names_of_attributes():
    class Net:
        pass

    net = Net()
    net.w = lg.ones(3, 2)
    with pytest.raises(errors.ShapeError, match=r"net\.w: shape \[3, 2\]"):
        net.w @ lg.ones(3)


def test_unnamed_tensors_have_the_letters_of_the_formula():
    with pytest.raises(errors.ShapeError) as caught:
        lg.ones(2) + lg.ones(3)
    assert "  a: shape [2]" in str(caught.value)
    assert "  b: shape [3]" in str(caught.value)


def test_an_error_that_is_not_understood_comes_through_as_it_is():
    class Broken(Function):
        """Fails in its own way."""

        def forward(self, x):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        Broken.apply(lg.ones(2))


def test_every_error_is_a_learngrad_error():
    for name in errors.__all__:
        kind = getattr(errors, name)
        if isinstance(kind, type):
            assert issubclass(kind, errors.LearngradError)


def test_a_failed_operation_leaves_nothing_behind():
    x = lg.ones(2, requires_grad=True)
    before = x.tolist()
    with pytest.raises(errors.ShapeError):
        x + lg.ones(3)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    assert x.tolist() == before


def test_changing_in_place_fails_as_a_whole():
    """An in-place operation that is refused has changed nothing, not even the version."""
    x = lg.ones(2)
    h = x.requires_grad_().exp()
    loss = (h * h).sum()
    with pytest.raises(errors.ShapeError):
        h += lg.ones(3)
    with pytest.raises(errors.DtypeError), lg.no_grad():
        lg.tensor([1, 2]).add_(0.5)
    loss.backward()
    assert x.grad is not None


def test_an_error_is_about_the_tensors_that_the_function_was_given():
    for call, given in [(lambda: lg.cdist(lg.ones(2, 3), lg.ones(2, 2)), ["x1", "x2"]),
                        (lambda: lg.ones(3).fill_diagonal_(1), ["this"])]:
        with pytest.raises(errors.ShapeError) as caught:
            call()
        assert list(caught.value.tensors) == given
    assert errors.ShapeError("raised by a function without tensors").tensors == {}


def test_an_error_about_what_raises_itself_is_told():
    class Odd:
        shape = property(lambda self: 1 / 0)
        dtype = property(lambda self: 1 / 0)
        name = property(lambda self: 1 / 0)

    class Five:
        shape, dtype, ndim = 5, "five", 1

    p = lg.nn.Parameter(lg.ones(2))
    for odd in (Odd(), Five()):
        with pytest.raises(errors.ArgumentTypeError, match="a gradient is a tensor or None"):
            p.grad = odd
        with pytest.raises(errors.LearngradError, match="approximate is"):
            lg.nn.functional.gelu(p, odd)


def test_a_tensor_that_is_given_twice_is_named_once():
    x = lg.ones(2)
    with pytest.raises(errors.DtypeError) as caught:
        lg.where(x, x, x)
    assert str(caught.value).count("shape [2]") == 1
