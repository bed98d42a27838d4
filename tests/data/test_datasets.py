"""Data sets and samplers, beside PyTorch's where it is installed."""

import numpy as np
import pytest

import learngrad
from learngrad.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    random_split,
)
from learngrad.errors import ArgumentError, ArgumentTypeError, OutOfRangeError, ShapeError
from tests.data import sets


def test_the_names_of_pytorch_lead_here():
    import learngrad.utils.data as data
    from learngrad.utils.data import DataLoader
    from learngrad.utils.data.dataloader import default_collate
    from learngrad.utils.data.dataset import Dataset as Same
    from learngrad.utils.data.sampler import SubsetRandomSampler as Other
    assert learngrad.utils.data is data
    assert DataLoader is learngrad.data.DataLoader
    assert default_collate is learngrad.data.default_collate
    assert (Same, Other) == (Dataset, SubsetRandomSampler)


def test_names_are_pytorchs():
    torch = pytest.importorskip("torch")
    theirs = set(torch.utils.data.__all__)
    left_out = {"_DatasetKind", "DFIterDataPipe", "DataChunk", "DistributedSampler",
                "IterDataPipe", "MapDataPipe", "argument_validation", "functional_datapipe",
                "guaranteed_datapipes_determinism", "non_deterministic", "runtime_validation",
                "runtime_validation_disabled"}
    assert theirs - left_out <= set(learngrad.data.__all__)


def test_a_class_may_say_what_its_items_are():
    class Numbers(Dataset[int]):
        pass

    class Order(Sampler[int]):
        pass

    with pytest.raises(NotImplementedError, match="__getitem__"):
        Numbers()[0]
    with pytest.raises(NotImplementedError, match="__iter__"):
        iter(Order())
    with pytest.raises(NotImplementedError, match="__iter__"):
        iter(IterableDataset())


def test_tensors_side_by_side():
    X, y = learngrad.arange(6).reshape(3, 2), learngrad.tensor([7, 8, 9])
    dataset = TensorDataset(X, y)
    assert len(dataset) == 3
    row, label = dataset[-1]
    assert (row.tolist(), label.item()) == ([4, 5], 9)
    rows, labels = dataset[1:]
    assert (rows.tolist(), labels.tolist()) == ([[2, 3], [4, 5]], [8, 9])


@pytest.mark.parametrize(("tensors", "error"), [
    ((), ArgumentError), ((np.zeros(2),), ArgumentTypeError),
    ((learngrad.zeros(2), learngrad.zeros(3)), ShapeError),
    ((learngrad.tensor(1.0),), ShapeError)])
def test_a_tensor_dataset_says_what_is_wrong(tensors, error):
    with pytest.raises(error, match="TensorDataset"):
        TensorDataset(*tensors)


def test_sets_after_one_another():
    both = ConcatDataset([range(3), range(10, 12)])
    assert [both[i] for i in range(5)] == [0, 1, 2, 10, 11] == [both[i] for i in range(-5, 0)]
    assert both.cumulative_sizes == [3, 5]
    for wrong in (5, -6):
        with pytest.raises(OutOfRangeError, match=f"no item {wrong}"):
            both[wrong]
    with pytest.raises(ArgumentError):
        ConcatDataset([])
    with pytest.raises(ArgumentTypeError, match="stream"):
        ConcatDataset([sets.Count(2)])


def test_streams_after_one_another():
    chain = sets.Count(2) + sets.Count(3, promised=3)
    assert list(chain) == [0, 1, 0, 1, 2]
    assert len(ChainDataset([sets.Count(3, promised=3)] * 2)) == 6
    with pytest.raises(ArgumentTypeError, match="range is none"):
        list(ChainDataset([range(2)]))


def test_sets_side_by_side():
    assert StackDataset("ab", [1, 2])[1] == ("b", 2)
    assert len(StackDataset(letter="ab")) == 2
    with pytest.raises(ArgumentError, match=r"\[2, 3\]"):
        StackDataset("ab", "abc")
    with pytest.raises(ArgumentError, match="names"):
        StackDataset()


def test_a_subset_and_its_subclasses():
    class Upper(Subset):
        def __getitem__(self, index):
            return super().__getitem__(index).upper()

    assert Upper("abc", [2, 0]).__getitems__([1, 0]) == ["A", "C"]
    rows, = Subset(TensorDataset(learngrad.arange(4)), [3, 1])[[0, 1]]
    assert rows.tolist() == [3, 1]
    for asked in (2, -3, [0, 2]):
        with pytest.raises(OutOfRangeError, match="the subset has 2"):
            Subset("abc", [2, 0])[asked]


@pytest.mark.parametrize("lengths", [[3, 7], [0.3, 0.7], [0.25, 0.25, 0.5], [10], [1 / 3] * 3])
def test_a_split_has_every_item_once_and_repeats(lengths):
    def split():
        return random_split(range(10), lengths, learngrad.Generator().manual_seed(4))

    parts = [list(part) for part in split()]
    assert sorted(i for part in parts for i in part) == list(range(10))
    assert parts == [list(part) for part in split()]
    torch = pytest.importorskip("torch")
    assert [len(p) for p in parts] == [
        len(p) for p in torch.utils.data.random_split(range(10), lengths)]


def test_lengths_may_be_numbers_of_a_tensor():
    for lengths in (learngrad.tensor([8, 2]), list(learngrad.tensor([8, 2])), np.array([8, 2])):
        assert [len(part) for part in random_split(range(10), lengths)] == [8, 2]


def test_a_split_that_does_not_add_up():
    for lengths in ([3, 3], [-1, 11], [4.5, 5.5]):
        with pytest.raises(ArgumentError, match="do not make 10"):
            random_split(range(10), lengths)
    with pytest.raises(ArgumentTypeError, match="are numbers"):
        random_split(range(10), ["a"])
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        random_split(range(10), [1.5, -0.5])
    with pytest.warns(UserWarning, match="part 1 of the split is empty"):
        assert [len(p) for p in random_split(range(3), [0.99, 0.01])] == [3, 0]


# ---- Samplers ------------------------------------------------------------------------------------


def test_orders():
    learngrad.manual_seed(0)
    assert list(SequentialSampler("abc")) == [0, 1, 2]
    sampler = RandomSampler(range(100))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second
    assert sorted(SubsetRandomSampler([4, 9, 2])) == [2, 4, 9]
    several = list(RandomSampler(range(3), num_samples=7))
    assert sorted(several[:3]) == sorted(several[3:6]) == [0, 1, 2]
    assert len(several) == 7


def test_draws_with_replacement():
    sampler = RandomSampler(range(5), replacement=True, num_samples=5000,
                            generator=learngrad.Generator().manual_seed(0))
    counts = np.bincount(list(sampler))
    assert len(sampler) == counts.sum() == 5000
    assert (abs(counts - 1000) < 150).all()  # five standard deviations


def test_draws_by_weight():
    sampler = WeightedRandomSampler([1.0, 0.0, 3.0], 4000,
                                    generator=learngrad.Generator().manual_seed(0))
    counts = np.bincount(list(sampler), minlength=3)
    assert counts[1] == 0
    assert abs(counts[2] - 3000) < 150
    once = list(WeightedRandomSampler([1.0, 2.0, 3.0], 3, replacement=False))
    assert sorted(once) == [0, 1, 2]


def test_a_generator_makes_an_order_repeatable():
    def order():
        return list(RandomSampler(range(50), generator=learngrad.Generator().manual_seed(7)))

    assert order() == order()


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("size", [1, 3, 4, 20])
def test_batches_of_numbers_are_pytorchs(size, drop):
    torch = pytest.importorskip("torch")
    ours = BatchSampler(SequentialSampler(range(10)), size, drop)
    theirs = torch.utils.data.BatchSampler(range(10), size, drop)
    assert list(ours) == list(theirs)
    assert len(ours) == len(theirs) == len(list(ours))


def test_samplers_say_what_is_wrong():
    for wrong in (0, -1, 2.5, True, "2"):
        with pytest.raises(ArgumentError, match="batch_size"):
            BatchSampler(range(3), wrong, False)
        with pytest.raises(ArgumentError, match="num_samples"):
            WeightedRandomSampler([1.0], wrong)
    with pytest.raises(ArgumentError, match="drop_last"):
        BatchSampler(range(3), 2, 1)
    with pytest.raises(ArgumentError, match="nothing to draw from"):
        RandomSampler([])
    with pytest.raises(ArgumentTypeError, match="replacement"):
        RandomSampler([1], replacement=1)
    with pytest.raises(ArgumentError, match="replacement"):
        WeightedRandomSampler([1.0], 1, replacement=1)
    with pytest.raises(ShapeError, match="one weight for each item"):
        WeightedRandomSampler([[1.0]], 1)
