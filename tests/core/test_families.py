"""What is refused, and as what: ``except ValueError`` written for PyTorch keeps working.

Each case is an expression and the built-in class that PyTorch raises, or None where it gives a
result. Where we differ on purpose, `differences.toml` says so, and why.
"""

import numpy as np
import pytest

import learngrad as lg
import learngrad.nn.functional
from learngrad import errors
from tests import differences
from tests.optable.reference import torch

FAMILIES = IndexError, TypeError, ValueError, RuntimeError
CASES = {
    "float_of_two": ("float(a)", ValueError),
    "int_of_two": ("int(a)", ValueError),
    "item_of_two": ("a.item()", RuntimeError),
    "bool_of_two": ("bool(a)", RuntimeError),
    "bool_of_none": ("bool(torch.tensor([]))", RuntimeError),
    "index_by_text": ("a['a']", TypeError),
    "index_by_fraction": ("A[0.5]", IndexError),
    "index_by_floats": ("A[a]", IndexError),
    "index_too_large": ("A[5]", IndexError),
    "index_too_many": ("A[0, 0, 0]", IndexError),
    "index_of_a_number": ("torch.tensor(3)[0]", IndexError),
    "index_lists_differ": ("A[[0, 1], [0, 1, 0]]", IndexError),
    "index_backwards": ("A[::-1]", ValueError),
    "len_of_a_number": ("len(torch.tensor(3))", TypeError),
    "argmax_of_none": ("torch.tensor([]).argmax()", IndexError),
    "argmax_of_none_along": ("torch.zeros(2, 0).argmax(1)", IndexError),
    "max_of_none": ("torch.zeros(0).max()", RuntimeError),
    "max_of_none_along": ("torch.zeros(2, 0).max(1)", IndexError),
    "device": ("torch.zeros(2, device='tpu')", RuntimeError),
    "device_alone": ("torch.device('tpu')", RuntimeError),
    "device_number": ("torch.device('cuda:x')", RuntimeError),
    "to_nowhere": ("a.to('nowhere')", RuntimeError),
    "tensor_of_none": ("torch.tensor(None)", RuntimeError),
    "tensor_of_text": ("torch.tensor('a')", TypeError),
    "tensor_of_texts": ("torch.tensor([1, 'a'])", TypeError),
    "tensor_of_uneven_rows": ("torch.tensor([[1, 2], [3]])", ValueError),
    "Tensor_of_a_fraction": ("torch.Tensor(3.0)", TypeError),
    "Tensor_of_text": ("torch.Tensor('a')", TypeError),
    "Tensor_of_a_negative_size": ("torch.Tensor(-1)", RuntimeError),
    "FloatTensor_of_a_fraction": ("torch.FloatTensor(2.5)", TypeError),
    "FloatTensor_of_integers": ("torch.FloatTensor(i)", TypeError),
    "FloatTensor_of_uneven_rows": ("torch.FloatTensor([[1], [2, 3]])", ValueError),
    "Variable_of_a_number": ("torch.autograd.Variable(3)", TypeError),
    "no_such_type": ("a.type('torch.NoTensor')", ValueError),
    "default_type": ("torch.set_default_tensor_type('torch.LongTensor')", TypeError),
    "default_dtype": ("torch.set_default_dtype(torch.int64)", TypeError),
    "seed_of_text": ("torch.manual_seed('a')", ValueError),
    "data_of_a_number": ("setattr(w, 'data', 3)", TypeError),
    "data_of_integers": ("setattr(w, 'data', i)", RuntimeError),
    "add_text": ("a + 'a'", TypeError),
    "add_none": ("a + None", TypeError),
    "add_to_text": ("'a' + a", TypeError),
    "add_two_numbers": ("torch.add(1, 2)", None),
    "compare_text": ("a < 'b'", TypeError),
    "power_of_text": ("a ** 'a'", TypeError),
    "exp_of_a_number": ("torch.exp(3.0)", TypeError),
    "maximum_of_a_number": ("torch.maximum(a, 3)", TypeError),
    "matmul_a_number": ("a @ 3", TypeError),
    "matmul_sizes": ("A @ torch.ones(3, 2)", RuntimeError),
    "mm_of_a_vector": ("torch.mm(A, a)", RuntimeError),
    "integers_to_a_negative_power": ("i ** -1", RuntimeError),
    "integers_divided_by_zero": ("i // 0", RuntimeError),
    "mean_of_integers": ("i.mean()", RuntimeError),
    "gradient_of_integers": ("i.requires_grad_()", RuntimeError),
    "view_that_does_not_fit": ("a.view(3)", RuntimeError),
    "view_of_two_unknowns": ("A.view(-1, -1)", RuntimeError),
    "no_such_dim": ("a.sum(5)", IndexError),
    "permute_twice": ("A.permute(0, 0)", RuntimeError),
    "expand": ("A.expand(3, 3)", RuntimeError),
    "cat_of_none": ("torch.cat([])", (ValueError, RuntimeError)),
    "cat_of_a_tensor": ("torch.cat(a)", TypeError),
    "cat_dims": ("torch.cat([a, A])", RuntimeError),
    "stack_shapes": ("torch.stack([a, A])", RuntimeError),
    "gather_too_large": ("A.gather(1, torch.tensor([[5]]))", RuntimeError),
    "index_select_too_large": ("A.index_select(0, torch.tensor([7]))", IndexError),
    "one_hot_too_large": ("F.one_hot(torch.tensor([1, 5]), 3)", RuntimeError),
    "one_hot_negative": ("F.one_hot(torch.tensor([-1]))", RuntimeError),
    "repeat_interleave": ("a.repeat_interleave(-1)", RuntimeError),
    "norm_of_no_name": ("a.norm('x')", RuntimeError),
    "einsum_operands": ("torch.einsum('ij,jk', A)", RuntimeError),
    "einsum_dims": ("torch.einsum('i', A)", RuntimeError),
    "zeros_of_a_negative_size": ("torch.zeros(-1)", RuntimeError),
    "zeros_of_text": ("torch.zeros('a')", TypeError),
    "linspace": ("torch.linspace(0, 1, -1)", RuntimeError),
    "randint_of_none": ("torch.randint(5, 5, (2,))", RuntimeError),
    "topk": ("torch.topk(a, 5)", RuntimeError),
    "multinomial_of_zeros": ("torch.multinomial(torch.tensor([0.0, 0.0]), 1)", RuntimeError),
    "multinomial_of_too_few": ("torch.multinomial(a, 3)", RuntimeError),
    "bernoulli": ("torch.bernoulli(torch.tensor([2.0]))", RuntimeError),
    "clamp_of_nothing": ("a.clamp()", (ValueError, RuntimeError)),
    "masked_select": ("torch.masked_select(a, i)", RuntimeError),
    "inverse_of_none": ("torch.linalg.inv(torch.zeros(2, 2))", RuntimeError),
    "backward_of_two": ("(w * 2).backward()", RuntimeError),
    "backward_of_nothing": ("torch.ones(2).backward()", RuntimeError),
    "backward_shape": ("(w * 2).backward(torch.ones(3))", RuntimeError),
    "numpy_of_a_gradient": ("w.numpy()", RuntimeError),
    "leaf_in_place": ("w.add_(1)", RuntimeError),
    "out_of_a_gradient": ("torch.add(w, 1, out=torch.zeros(2))", RuntimeError),
    "out_that_needs_one": ("torch.add(a, 1, out=w)", RuntimeError),
    "out_of_integers": ("torch.add(a, 1, out=torch.zeros(2).long())", RuntimeError),
    "out_of_another_shape": ("torch.add(a, 1, out=torch.zeros(3))", None),
    "out_of_a_number": ("torch.exp(a, out=3)", TypeError),
    "grad_of_a_number": ("setattr(w, 'grad', 5)", TypeError),
    "grad_shape": ("setattr(w, 'grad', torch.ones(3))", RuntimeError),
    "in_place_shape": ("a.copy_(A)", RuntimeError),
    "in_place_fraction": ("torch.tensor([1, 2]).add_(1.5)", RuntimeError),
    "linear": ("F.linear(a, torch.ones(3, 3))", RuntimeError),
    "convolution": ("F.conv2d(torch.ones(1, 2, 5, 5), torch.ones(1, 1, 3, 3))", RuntimeError),
    "embedding": ("F.embedding(torch.tensor([5]), A)", IndexError),
    "max_along_none": ("torch.zeros(0).max(0)", IndexError),
    "amax_along_none": ("torch.zeros(0).amax(0)", IndexError),
    "not_of_floats": ("~a", TypeError),
    "size_of_a_number": ("torch.tensor(3).size(0)", IndexError),
    "too_large_for_bytes": ("i.byte().__setitem__(0, 300)", RuntimeError),
    "bytes_of_another_shape": ("A[torch.tensor([1, 0, 1], dtype=torch.uint8)]", IndexError),
    "determinant_of_halves": ("torch.linalg.det(A.half())", RuntimeError),
    "singular_values_of_nan": ("torch.linalg.matrix_norm(A / 0 * 0, 'nuc')", RuntimeError),
    "norm_of_no_matrix": ("a.norm('nuc', dim=0)", RuntimeError),
    "gradients_for_others": ("torch.autograd.backward([w.sum(), w.sum()], [a])", RuntimeError),
    "backward_into_nothing": ("w.sum().backward(inputs=[])", RuntimeError),
    "no_such_name": ("torch.no_such_name", AttributeError),
}


def attempt(lib, expression):
    """The error that it raises, or None; anything else than an expected class comes through."""
    names = {"torch": lib, "F": lib.nn.functional, "np": np, "a": lib.tensor([1.0, 2.0]),
             "A": lib.tensor([[1.0, 2.0], [3.0, 4.0]]), "i": lib.tensor([1, 2]),
             "w": lib.tensor([1.0, 2.0], requires_grad=True)}
    try:
        eval(expression, names)  # an expression of this file
    except (*FAMILIES, AttributeError) as error:
        return error
    return None


@pytest.mark.filterwarnings("ignore:bytes are a mask")
@pytest.mark.parametrize("name", CASES)
def test_as_pytorch(name):
    expression, family = CASES[name]
    error, known = attempt(lg, expression), differences.find("families", name)
    same = error is None if family is None else isinstance(error, family)
    assert same == (known is None), f"{error!r}, {known}"
    if error is not None and family is not AttributeError:
        assert isinstance(error, errors.LearngradError), repr(error)


@pytest.mark.skipif(torch is None, reason="needs PyTorch")
@pytest.mark.filterwarnings("ignore")  # PyTorch says of some that they are old
@pytest.mark.parametrize("name", CASES)
def test_pytorch_raises_that(name):
    expression, family = CASES[name]
    error = attempt(torch, expression)
    assert error is None if family is None else isinstance(error, family), repr(error)


def test_every_difference_is_a_case():
    assert all(entry["why"] and set(entry["cases"]) <= set(CASES)
               for entry in differences.ALL["families"])
