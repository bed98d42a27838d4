"""Tensors on the GPU as a data set: batches stay there."""

import learngrad as lg
from learngrad.data import DataLoader, TensorDataset, default_collate, random_split


def test_batches_of_rows_stay_where_the_tensors_are():
    X, y = lg.arange(10.0, device="cuda").reshape(5, 2), lg.arange(5, device="cuda")
    dataset = TensorDataset(X, y)
    part, _ = random_split(dataset, [4, 1])
    for data in (dataset, part):
        for rows, labels in DataLoader(data, 2, shuffle=True):
            assert rows.device.type == labels.device.type == "cuda"
            assert rows[:, 0].tolist() == [2.0 * i for i in labels.tolist()]


def test_rows_are_stacked_where_they_are():
    batch = default_collate([lg.ones(2, device="cuda"), lg.zeros(2, device="cuda")])
    assert batch.device.type == "cuda"
    assert batch.tolist() == [[1, 1], [0, 0]]
