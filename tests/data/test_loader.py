"""Batches made in this process: how items are collated, what arguments mean, what is refused."""

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

import learngrad
from learngrad.data import (
    DataLoader,
    Dataset,
    Subset,
    TensorDataset,
    default_collate,
    default_convert,
)
from learngrad.data.fetch import Plan, loading
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError
from tests.data import sets

Point = namedtuple("Point", "x y")
BATCHES = {
    "floats": [1.5, 2.5], "integers": [1, 2], "bools": [True, False], "mixed": [1, 2.5],
    "NumPy numbers": [np.float32(1), np.float32(2)], "text": ["a", "b"], "bytes": [b"a", b"b"],
    "arrays": [np.ones((2, 3)), np.zeros((2, 3))], "0-d arrays": [np.array(1), np.array(2)],
    "empty arrays": [np.ones((0, 3)), np.ones((0, 3))],
    "of bytes": [np.uint8([1]), np.uint8([255])],
    "a sliced array": [np.arange(6)[::2], np.arange(6)[1::2]],
    "two dtypes": [np.float32([1]), np.float64([2])],
    "tuples": [(1, "a"), (2, "b")], "lists": [[1, 2.0], [3, 4.0]],
    "named tuples": [Point(1, 2.0), Point(3, 4.0)],
    "dicts": [{"a": 1, "b": [1, 2]}, {"a": 2, "b": [3, 4]}],
    "ordered dicts": [OrderedDict(a=1), OrderedDict(a=2)],
    "dicts with a default": [defaultdict(int, a=1), defaultdict(int, a=2)],
    "nested": [({"a": (np.ones(2), "x")}, 1), ({"a": (np.zeros(2), "y")}, 2)],
}


def plain(value):
    """Tensors of either library as (dtype, shape, list), containers with their types."""
    if hasattr(value, "numpy"):
        array = value.numpy()
        return str(array.dtype), array.shape, array.tolist()
    if isinstance(value, dict):
        return type(value).__name__, {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(v) for v in value]
    return value


@pytest.mark.parametrize("name", BATCHES)
def test_items_are_collated_as_by_pytorch(name):
    collate = pytest.importorskip("torch").utils.data.default_collate
    if name == "mixed":  # torch.tensor([1, 2.5]) is of the default dtype
        assert plain(default_collate(BATCHES[name])) == ("float64", (2,), [1.0, 2.5])
        return
    if name == "two dtypes":
        assert plain(default_collate(BATCHES[name])) == ("float64", (2, 1), [[1.0], [2.0]])
        return
    assert plain(default_collate(BATCHES[name])) == plain(collate(BATCHES[name]))


@pytest.mark.parametrize("name", BATCHES)
def test_items_are_converted_as_by_pytorch(name):
    convert = pytest.importorskip("torch").utils.data.default_convert
    item = BATCHES[name][0]
    if name != "NumPy numbers":
        assert plain(default_convert(item)) == plain(convert(item))
    else:
        assert plain(default_convert(item)) == ("float32", (), 1.0)


def test_tensors_are_stacked():
    rows = [learngrad.arange(3.0), learngrad.ones(3)]
    assert default_collate(rows).tolist() == [[0, 1, 2], [1, 1, 1]]
    assert default_collate([learngrad.tensor(1), learngrad.tensor(2)]).tolist() == [1, 2]
    rows[0].requires_grad_()
    default_collate(rows).sum().backward()
    assert rows[0].grad.tolist() == [1, 1, 1]


@pytest.mark.parametrize(("batch", "error", "said"), [
    ([np.zeros(2), np.zeros(3)], ShapeError, r"item 0 is \[2\] and item 1 is \[3\]"),
    ([learngrad.zeros(2), learngrad.zeros(3)], ShapeError, r"item 0 is \[2\] and item 1 is \[3\]"),
    ([learngrad.zeros(2), 3], ShapeError, "item 1 is of type int"),
    ([(1, 2), (1,)], ShapeError, "item 0 of the batch has 2 entries and item 1 has 1"),
    ([{"a": 1}, {"b": 1}], ShapeError, "keys"), ([{"a": 1}, 5], ShapeError, "is no dict"),
    ([1, "a"], ArgumentTypeError, "item 0 of the batch is a number and item 1 is of type str"),
    ([None, None], ArgumentTypeError, "without `return`"),
    ([object()], ArgumentTypeError, "of type object"),
    ([{1, 2}], ArgumentTypeError, "of type set"),
    ([np.array(["a"])], ArgumentTypeError, "a ndarray of <U1"),
    ([np.ma.array([1, 2], mask=[0, 1])], ArgumentTypeError, "a MaskedArray of int64"),
    ([], ArgumentError, "no item")])
def test_items_that_make_no_batch(batch, error, said):
    with pytest.raises(error, match=said) as caught:
        default_collate(batch)
    assert caught.value.fix


def test_a_ragged_batch_is_refused_by_the_error_that_pytorch_raises():
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError):
        torch.utils.data.default_collate([torch.zeros(2), torch.zeros(3)])
    with pytest.raises(RuntimeError):
        default_collate([learngrad.zeros(2), learngrad.zeros(3)])


# ---- The loader ----------------------------------------------------------------------------------


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("size", [1, 3, 5, 7, 20])
def test_batches_are_pytorchs(size, drop):
    torch = pytest.importorskip("torch")
    X, y = np.random.default_rng(0).random((10, 4)), np.arange(10)
    ours = DataLoader(TensorDataset(learngrad.tensor(X), learngrad.tensor(y)), size,
                      drop_last=drop)
    theirs = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y)), size, drop_last=drop)
    assert len(ours) == len(theirs)
    assert [plain(batch) for batch in ours] == [plain(batch) for batch in theirs]


def test_rows_picked_at_once_are_items_stacked():
    X, y = learngrad.rand(20, 3), learngrad.arange(20)
    dataset = TensorDataset(X, y)
    part = Subset(Subset(dataset, range(19, -1, -1)), [3, 4, 5])
    for one, indices in ((dataset, [4, 4, 0]), (part, [2, 0])):
        plan = Plan(one, False, 2, False, True, default_collate)
        slowly = default_collate([one[i] for i in indices])
        assert plain(loading(plan)(indices)) == plain(slowly)


def test_a_subclass_is_asked_for_its_own_items():
    class Twice(TensorDataset):
        def __getitem__(self, index):
            return super().__getitem__(index)[0] * 2

    class Negated(Subset):
        def __getitem__(self, index):
            return -super().__getitem__(index)[0]

    dataset = TensorDataset(learngrad.arange(4))
    (batch,) = DataLoader(Twice(*dataset.tensors), 4)
    assert batch.tolist() == [0, 2, 4, 6]
    (batch,) = DataLoader(Negated(dataset, [1, 3]), 2)
    assert batch.tolist() == [-1, -3]


def test_rows_of_a_tensor_that_needs_a_gradient_have_one():
    X = learngrad.ones(4, 2, requires_grad=True)
    for rows, in DataLoader(TensorDataset(X), 3):
        rows.sum().backward()
    assert X.grad.tolist() == [[1, 1]] * 4


@pytest.mark.parametrize("given", [{}, {"batch_size": None}, {
    "num_workers": 1, "multiprocessing_context": "thread"}])
def test_an_item_that_runs_out_does_not_end_the_epoch_in_silence(given):
    class Exhausted(Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return next(iter([])) if i == 1 else i

    with pytest.raises(RuntimeError, match="StopIteration"):
        list(DataLoader(Exhausted(), **given))


def test_what_is_no_data_set():
    class Endless(Dataset):
        def __getitem__(self, i):
            return i

    with pytest.raises(ArgumentTypeError, match="generator has neither"):
        DataLoader(i for i in range(3))
    with pytest.raises(ArgumentTypeError, match="how many items"):
        DataLoader(Endless())
    assert [b.tolist() for b in DataLoader(Endless(), 2, sampler=[5, 7])] == [[5, 7]]
    with pytest.raises(ArgumentTypeError, match="collate_fn"):
        DataLoader([1], collate_fn=[])


def test_several_items_at_once():
    class Many(Dataset):
        def __len__(self):
            return 4

        def __getitems__(self, indices):
            return [10 * i for i in indices]

    assert [b.tolist() for b in DataLoader(Many(), 3)] == [[0, 10, 20], [30]]


def test_without_batches():
    items = list(DataLoader([np.ones(2), np.zeros(2)], batch_size=None))
    assert [type(item) for item in items] == [learngrad.Tensor] * 2
    loader = DataLoader(sets.Count(3), batch_size=None)
    assert list(loader) == [0, 1, 2]
    with pytest.raises(TypeError):
        len(loader)
    assert len(DataLoader(sets.Count(5, promised=5), batch_size=2)) == 3
    assert len(DataLoader(sets.Count(5, promised=5), batch_size=2, drop_last=True)) == 2


def test_shuffling_repeats_after_a_seed_and_changes_with_the_epoch():
    loader = DataLoader(TensorDataset(learngrad.arange(50)), 50, shuffle=True,
                        generator=learngrad.Generator().manual_seed(1))
    again = DataLoader(TensorDataset(learngrad.arange(50)), 50, shuffle=True,
                       generator=learngrad.Generator().manual_seed(1))
    epochs = [[x.tolist() for x, in one] for one in (loader, loader, again)]
    assert epochs[0] == epochs[2] != epochs[1]
    assert sorted(epochs[0][0]) == list(range(50))


def test_a_stream_that_gives_more_than_it_says():
    with pytest.warns(UserWarning, match="says that it makes 2 batches"):
        list(DataLoader(sets.Count(3, promised=2)))


@pytest.mark.parametrize("given", [
    {"shuffle": True, "sampler": [0]}, {"batch_sampler": [[0]], "batch_size": 2},
    {"batch_sampler": [[0]], "shuffle": True}, {"batch_sampler": [[0]], "sampler": [0]},
    {"batch_sampler": [[0]], "drop_last": True}, {"batch_size": None, "drop_last": True},
    {"batch_size": 0}, {"batch_size": -1}, {"num_workers": -1}, {"timeout": -1},
    {"prefetch_factor": 2}, {"persistent_workers": True}, {"multiprocessing_context": "spawn"}])
def test_arguments_that_contradict_each_other_are_refused_as_by_pytorch(given):
    with pytest.raises(ArgumentError) as caught:
        DataLoader([1, 2, 3], **given)
    assert caught.value.fix
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError):  # noqa: PT011
        torch.utils.data.DataLoader([1, 2, 3], **given)


@pytest.mark.parametrize("given", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}])
def test_a_stream_has_its_own_order(given):
    with pytest.raises(ArgumentError, match="own order"):
        DataLoader(sets.Count(3), **given)


@pytest.mark.parametrize("given", [{"num_workers": 1.5}, {"num_workers": True}])
def test_arguments_of_wrong_types(given):
    with pytest.raises(ArgumentTypeError, match="num_workers"):
        DataLoader([1], **given)


def test_arguments_are_those_of_pytorch():
    import inspect
    torch = pytest.importorskip("torch")
    ours = inspect.signature(DataLoader).parameters
    theirs = inspect.signature(torch.utils.data.DataLoader).parameters
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()]
