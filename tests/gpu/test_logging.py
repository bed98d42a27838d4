"""Numbers of the GPU that are logged: nobody waits for them before somebody looks."""

import copy
import pickle
import threading

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors
from learngrad.descent import Curves, Run, late
from learngrad.descent.train import Training
from tests.cupy_standin import runtime


def numbers(count):
    return [lg.tensor(1.0 / (1 + k), device="cuda") for k in range(count)]


def test_a_logged_loss_does_not_wait(counts):
    run, losses = Run(Curves()), numbers(20)
    counts.reset()
    for k, loss in enumerate(losses):
        run.log(loss=loss, rate=0.1, share=loss.reshape(1, 1).half())
        loss.fill_(-7.0)  # what is logged is what it was then
        assert len(run.curves["rate"][1]) == k + 1
    assert counts == (0, 0, 0)
    np.testing.assert_allclose(run.curves["loss"][1], [1 / (1 + k) for k in range(20)])
    assert (counts.to_host, counts.waits) == (1, 2)  # all together: the event, and the copy
    np.testing.assert_allclose(run.curves["share"][1], [1 / (1 + k) for k in range(20)], rtol=1e-3)
    assert "went from 1 to 0.05 in 20 points" in run.curves.describe()


def test_thousands_are_fetched_in_between(counts):
    run, loss = Run(Curves()), lg.tensor(0.0, device="cuda")
    counts.reset()
    for _ in range(5 * late.ROOM + 5):
        run.log(loss=loss)
        loss += 1
    assert counts.to_host == 6 - 1 - late.AHEAD  # of those, a GPU is long done with
    assert run.curves["loss"][1].tolist() == list(range(5 * late.ROOM + 5))


def test_numbers_of_both_devices_in_one_curve():
    run = Run(Curves())
    for k in range(6):
        run.log(loss=lg.tensor(float(k), device="cuda") if k % 2 else float(k))
        if k == 2:
            assert run.curves["loss"][1].tolist() == [0.0, 1.0, 2.0]
    assert run.curves["loss"][1].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_copy_has_numbers():
    run = Run(Curves())
    for loss in numbers(3):
        run.log(loss=loss)
    for other in (copy.deepcopy(run.curves), pickle.loads(pickle.dumps(run.curves))):
        other.append("loss", 3, 0.25)
        assert other["loss"][1].tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])


def test_a_copy_is_whole_while_another_thread_logs():
    run, loss = Run(Curves()), lg.ones((), device="cuda")

    def work():  # of known length: who logs without end outruns who copies
        for _ in range(20 * late.ROOM):
            run.log(loss=loss)

    run.log(loss=loss)
    thread = threading.Thread(target=work)
    thread.start()
    try:
        while thread.is_alive():
            x, y = copy.deepcopy(run.curves)["loss"]
            assert len(x) == len(y)
            assert (y == 1).all()
            assert (run.curves["loss"][1] == 1).all()
    finally:
        thread.join()
    assert run.curves["loss"][1].tolist() == [1.0] * (20 * late.ROOM + 1)


def test_each_stream_is_waited_for(monkeypatch, counts):
    waited = []
    synchronize = runtime.Event.synchronize
    monkeypatch.setattr(runtime.Event, "synchronize",
                        lambda event: (waited.append(event.stream), synchronize(event)))
    run, losses = Run(Curves()), numbers(4)
    streams = [lg.cuda.Stream(), lg.cuda.Stream()]
    for k, loss in enumerate(losses):
        with lg.cuda.stream(streams[k % 2]):
            run.log(loss=loss)
    assert run.curves["loss"][1].tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert [stream.ptr for stream in waited] == 2 * [stream._raw.ptr for stream in streams]


@pytest.mark.parametrize("error", [RuntimeError("cudaErrorLaunchFailure"), KeyboardInterrupt()])
def test_a_read_that_failed_may_be_made_again(monkeypatch, counts, error):
    run = Run(Curves())
    for loss in numbers(3):
        run.log(loss=loss)

    def fails(event):
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(runtime.Event, "synchronize", fails)
        with pytest.raises(type(error)):
            run.curves["loss"]
    assert run.curves["loss"][1].tolist() == pytest.approx([1, 1 / 2, 1 / 3])


def test_what_is_no_number_is_told_at_once():
    run = Run(Curves())
    run.log(loss=lg.ones((), device="cuda"))
    with pytest.raises(errors.ArgumentTypeError, match=r"shape \[2\], not one number"):
        run.log(loss=lg.ones(2, device="cuda"))
    assert len(run.curves["loss"][1]) == 1


def test_a_training_reads_its_values_when_asked(counts):
    total = lg.zeros((), device="cuda")
    log = Run(Curves())
    counts.reset()
    training = Training(lambda: total.add_(0.04), 5, log=log).start()
    training.wait()
    assert counts.waits == 0
    total.fill_(100.0)
    assert training.values == {"loss": pytest.approx(0.2)}
    assert log.curves["loss"][1][-1] == pytest.approx(0.2)


def test_a_recorded_step_says_that_there_is_nothing_to_log():
    run, w = Run(Curves()), lg.ones(2, device="cuda", requires_grad=True)

    @lg.cuda.graph
    def step():
        loss = (w * w).sum()
        run.log(loss=loss)
        return loss

    for _ in range(3):
        step()
    with pytest.raises(errors.GraphError, match="looks at a value"):
        step()
