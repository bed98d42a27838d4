"""Grad mode and watchers are each thread's own; threads record and replay at once."""

import threading

import numpy as np
import pytest

import learngrad as lg
from learngrad.autograd import observe


def run(*targets):
    """Run functions at once, each in its thread; the first error of any comes through."""
    errors = []

    def guarded(target):
        try:
            target()
        except BaseException as error:  # noqa: BLE001  (raised again in the test's thread)
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(t,)) for t in targets]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]


def test_grad_mode_is_each_threads_own():
    entered, left = threading.Event(), threading.Event()
    x = lg.ones(2, requires_grad=True)

    def without():
        with lg.no_grad():
            entered.set()
            assert left.wait(30)
            assert not (x * 2).requires_grad

    def with_recording():
        assert entered.wait(30)
        try:
            assert lg.is_grad_enabled()
            assert (x * 2).requires_grad
        finally:
            left.set()

    run(without, with_recording)
    assert lg.is_grad_enabled()


def test_a_new_thread_records_whatever_its_starter_does():
    seen = []
    with lg.no_grad():
        run(lambda: seen.append(lg.is_grad_enabled()))
    assert seen == [True]


def test_a_watcher_hears_its_own_thread():
    class Count(observe.Watcher):
        count = 0

        def operation(self, node, inputs, outputs, made):
            self.count += 1

    counts = Count(), Count()
    together = threading.Barrier(2)

    def work(watcher, n):
        with observe.watch(watcher):
            together.wait(30)
            x = lg.tensor(1.0)
            for _ in range(n):
                x = x * 2

    run(lambda: work(counts[0], 5), lambda: work(counts[1], 9))
    assert [c.count for c in counts] == [5, 9]


def test_threads_record_and_replay_at_once():
    """Sequence numbers are shared by all threads, gradients are not mixed up."""
    together = threading.Barrier(4)

    def descend(seed):
        rng = np.random.default_rng(seed)
        X, w0 = rng.standard_normal((8, 5)), rng.standard_normal((5, 3))
        target = rng.integers(0, 3, 8)
        together.wait(30)
        w = lg.tensor(w0, requires_grad=True)
        for _ in range(30):
            w.grad = None
            loss = lg.nn.functional.cross_entropy((lg.tensor(X) @ w).tanh(), lg.tensor(target))
            loss.backward()
            with lg.no_grad():
                w -= 0.1 * w.grad
        results[seed] = w.detach().numpy()

    results = {}
    run(*(lambda seed=seed: descend(seed) for seed in range(4)))
    at_once, results = results, {}
    together = threading.Barrier(1)
    for seed in range(4):
        descend(seed)
        np.testing.assert_array_equal(at_once[seed], results[seed])


def test_a_graph_may_be_replayed_by_another_thread():
    x = lg.tensor(3.0, requires_grad=True)
    loss = x * x
    run(loss.backward)
    assert x.grad.item() == 6.0


def test_numpys_error_mode_stays_the_users():
    """Divisions by zero are quiet in operations, and only there."""
    zero = lg.tensor([0.0, 1.0], requires_grad=True)
    with np.errstate(all="raise"):
        out = 1 / zero
        out.sum().backward()
        assert out.tolist() == [float("inf"), 1.0]
        with pytest.raises(FloatingPointError):
            np.ones(1) / np.zeros(1)
    assert np.geterr()["divide"] == "warn"
