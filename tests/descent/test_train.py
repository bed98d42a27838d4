"""A training that is halted, stepped, changed and ended between two steps, never in one."""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

import learngrad
from learngrad.descent import Curves, Run
from learngrad.descent import train_open as training
from learngrad.descent.rates import optimizers_of, set_rate
from learngrad.descent.train import Training
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError

ROOT = Path(__file__).parents[2]
with_threads, without_threads = (pytest.mark.parametrize("threads", [way], indirect=True)
                                 for way in ("threads", "slices"))


@pytest.fixture(params=["threads", "slices"])
def threads(request, monkeypatch):
    """With threads, and as where there are none; whatever is left running ends with the test."""
    start = threading.Thread.start

    def refuse(self):
        if self.name == "learngrad-train":
            raise RuntimeError("can't start new thread")
        start(self)

    if request.param == "slices":
        monkeypatch.setattr(threading.Thread, "start", refuse)
    yield request.param == "threads"
    for run in training.running():
        run.stop()
    training.untold.clear()


@pytest.fixture(autouse=True)
def nothing_left(threads):
    assert training.running() == ()


class Steps:
    """Steps whose two halves belong together."""

    def __init__(self, seconds=0.0):
        self.begun = self.ended = 0
        self.seconds = seconds

    def __call__(self):
        self.begun += 1
        time.sleep(self.seconds)
        self.ended += 1
        return 1.0 / self.ended


def made(step, over=None, **given):
    return Training(step, over, log=Run(Curves()), **given).start()


def test_it_runs_to_its_end():
    steps = Steps()
    run = made(steps, 50)
    run.wait()
    assert (run.state, run.steps, steps.ended) == ("done", 50, 50)
    assert run.log.curves["loss"][1].tolist() == [1 / k for k in range(1, 51)]
    assert run.progress.describe().startswith("50 steps in")
    run.wait()


def test_a_step_that_runs_is_never_torn_apart():
    steps = Steps(0.001)
    run = made(steps)
    for _ in range(5):
        run.pause()
        assert run.state == "paused"
        at = steps.begun
        assert steps.ended == at == run.steps
        time.sleep(0.005)
        assert steps.begun == at
        run.step(2)
        assert steps.ended == run.steps == at + 2
        run.resume()
    run.stop()
    assert run.state == "stopped"
    assert steps.begun == steps.ended == run.steps == len(run.log.curves)


def test_it_may_begin_halted():
    steps = Steps()
    run = made(steps, 3, paused=True)
    run.pause()
    assert (run.state, steps.begun) == ("paused", 0)
    with pytest.raises(GraphError, match="would never end"):
        run.wait()
    run.step()
    assert steps.ended == 1
    run.step(99)
    assert (run.state, run.steps) == ("done", 3)


def test_what_has_ended_cannot_go_on():
    run = made(Steps(), 1)
    run.wait()
    for call in (run.resume, run.step):
        with pytest.raises(GraphError, match=r"has ended \(done\)"):
            call()
    run.pause()
    run.stop()
    assert run.state == "done"


def test_batches_epochs_and_validation():
    seen, modes = [], []

    def step(x, y):
        seen.append((x, y))
        return {"loss": x, "accuracy": y}

    def validate():
        modes.append(learngrad.is_grad_enabled())
        return {"loss": 3.0, "test/accuracy": 0.5}

    run = made(step, [(1.0, 0.1), (2.0, 0.2)], epochs=3, validate=validate)
    run.wait()
    assert seen == [(1.0, 0.1), (2.0, 0.2)] * 3
    assert modes == [False] * 3
    assert run.epoch == 2
    assert run.log.curves.names == ["loss", "accuracy", "val_loss", "test/accuracy"]
    assert run.log.curves["val_loss"][0].tolist() == [1, 3, 5]
    assert run.values == {"loss": 2.0, "accuracy": 0.2}


def test_a_batch_is_given_as_the_step_takes_it():
    given = []
    for step in (lambda batch: given.append(batch) or 1.0,
                 lambda x, y, z=0: given.append((x, y)) or 1.0,
                 lambda *parts: given.append(parts) or 1.0):
        made(step, [(1, 2)]).wait()
    assert given == [(1, 2)] * 3
    made(lambda batch: given.append(batch) or 1.0, [{"x": 1}]).wait()
    assert given[-1] == {"x": 1}
    run = made(lambda x, y, z: 1.0, [(1, 2)])
    said = r"step\(x, y, z\) cannot be given .* 2 parts"
    with pytest.raises(ArgumentTypeError, match=said) as caught:
        run.wait()
    assert "lambda x, y, z" in str(caught.value.where)  # not a line of Python's threads


def test_an_error_ends_it_and_is_raised_by_wait():
    def step():
        if run.steps == 3:
            raise ZeroDivisionError("here")
        return 1.0

    run = Training(step, log=Run(Curves()))
    run.start()
    with pytest.raises(ZeroDivisionError, match="here") as caught:
        run.wait()
    assert (run.state, run.steps, len(run.log.curves)) == ("failed", 3, 3)
    assert run.status()["error"] == "ZeroDivisionError: here"
    # The lines of the training itself are left away.
    assert caught.traceback[-1].name == "step"
    assert len(caught.traceback) <= 3
    with pytest.raises(ZeroDivisionError):
        run.wait()


@pytest.mark.parametrize(("returned", "said"), [
    (None, "step returned nothing"), ({1: 2.0}, "whose name is 1"),
    ({"loss": "low"}, "`loss` is text"), ([1.0, 2.0], "`loss` is a list")])
def test_what_is_no_number_is_told_with_the_step(returned, said):
    def wrong():
        return returned

    run = made(wrong, 3)
    with pytest.raises(ArgumentTypeError, match=said) as caught:
        run.wait()
    assert "def wrong" in str(caught.value)


@with_threads
@pytest.mark.parametrize(("give", "said"), [
    (lambda: Training(3, log=Run(Curves())), "step is called again and again"),
    (lambda: Training(Steps, log=Run(Curves())), "step is the class Steps"),
    (lambda: Training(learngrad.nn.Linear(1, 1), log=Run(Curves())), r"step is a model \(Linear"),
    (lambda: Training(Steps(), 0, log=Run(Curves())), "number of steps is .* not 0"),
    (lambda: Training(Steps(), 2.5, log=Run(Curves())), "number of steps is .* not 2.5"),
    (lambda: Training(Steps(), True, log=Run(Curves())), "not True"),
    (lambda: Training(Steps(), 3, epochs=0, log=Run(Curves())), "epochs is .* not 0"),
    (lambda: Training(lambda x: x, 3, log=Run(Curves())), "step wants arguments"),
    (lambda: Training(lambda x: x, learngrad.data.TensorDataset, log=Run(Curves())),
     "TensorDataset is a class"),
    (lambda: Training(lambda x: x, object(), log=Run(Curves())), "cannot be gone through"),
    (lambda: Training(lambda x: x, iter([1]), epochs=2, log=Run(Curves())), "through once, not 2"),
    (lambda: Training(Steps(), validate=1.0, log=Run(Curves())), "validate is called"),
    (lambda: Training(Steps(), validate=1.0, log=Run(Curves())), r"Fix: def validate\(\)"),
    (lambda: Training(Steps(), optimizer=0.1, log=Run(Curves())), "optimizer is 0.1"),
    (lambda: Training(Steps(), observe=4, log=Run(Curves())), "observe is called .* 4 cannot"),
    (lambda: Training(Steps(), observe=[4], log=Run(Curves())), "observe is called .* 4 cannot"),
])
def test_what_makes_no_sense_is_refused_at_once(give, said, threads):
    with pytest.raises((ArgumentError, ArgumentTypeError), match=said):
        give()


def test_an_empty_loader_is_told():
    run = made(lambda x: x, [])
    with pytest.raises(ArgumentError, match="the loader is empty"):
        run.wait()


def sgd(lr=0.5, schedule=None):
    a, b = (learngrad.tensor(1.0, requires_grad=True) for _ in "ab")
    found = learngrad.optim.SGD([{"params": [a]}, {"params": [b], "lr": lr / 2}], lr=lr)
    return found, schedule(found) if schedule else None, lambda: a * a + b * b


def test_the_rate_changes_between_steps_for_all_groups():
    optimizer, _, loss_of = sgd()

    def step():
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        return loss

    run = made(step, paused=True)
    run.pause()
    assert run.optimizers == [optimizer]
    assert run.lr == 0.5
    run.lr = 0.25
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.125]
    run.resume()
    run.lr = 0.125
    assert run.lr == 0.125
    run.stop()
    assert [group["lr"] for group in optimizer.param_groups] == [0.125, 0.0625]
    run.lr = 1
    assert optimizer.param_groups[0]["lr"] == 1
    for wrong, kind in ((-1, ArgumentError), (float("nan"), ArgumentError),
                        ("0.1", ArgumentTypeError), (None, ArgumentTypeError)):
        with pytest.raises(kind, match="a learning rate is a number"):
            run.lr = wrong


SCHEDULES = {
    "step": lambda o: learngrad.optim.lr_scheduler.StepLR(o, 3, gamma=0.5),
    "exponential": lambda o: learngrad.optim.lr_scheduler.ExponentialLR(o, 0.9),
    "lambda": lambda o: learngrad.optim.lr_scheduler.LambdaLR(o, lambda k: 1 / (1 + k)),
    "cosine": lambda o: learngrad.optim.lr_scheduler.CosineAnnealingLR(o, 10),
    "one cycle": lambda o: learngrad.optim.lr_scheduler.OneCycleLR(o, [1.0, 0.5], 20),
    "cyclic": lambda o: learngrad.optim.lr_scheduler.CyclicLR(
        o, [0.1, 0.05], [0.4, 0.2], 3, cycle_momentum=False),
    "chained": lambda o: learngrad.optim.lr_scheduler.SequentialLR(o, [
        learngrad.optim.lr_scheduler.ConstantLR(o, 0.5, 2),
        learngrad.optim.lr_scheduler.ExponentialLR(o, 0.9)], [4]),
}


@with_threads
@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.filterwarnings("ignore:scheduler.step")
def test_a_schedule_goes_on_from_a_rate_that_was_set(name, threads):
    """Ten steps later the rates are what they would have been, times the same factor."""
    ends = []
    for factor in (1, 0.5):
        optimizer, schedule, _ = sgd(schedule=SCHEDULES[name])
        for _ in range(3):
            schedule.step()
        set_rate([optimizer], optimizer.param_groups[0]["lr"] * factor)
        for _ in range(10):
            schedule.step()
        ends.append([group["lr"] for group in optimizer.param_groups])
    assert ends[1] == pytest.approx([lr / 2 for lr in ends[0]])


@with_threads
def test_optimizers_are_found_where_a_step_names_them(threads):
    optimizer, _, _ = sgd()

    class Trainer:
        def __init__(self):
            self.optimizer = optimizer

        def step(self, x):
            return x

    def helper():
        optimizer.step()

    def step():
        return helper()

    assert optimizers_of(step) == [optimizer]
    assert optimizers_of(Trainer().step) == [optimizer]
    assert optimizers_of(Trainer().step, step, None) == [optimizer]
    assert optimizers_of(len) == []
    with pytest.raises(ArgumentError, match="knows no optimiser"):
        Training(lambda: 1.0, log=Run(Curves())).lr  # noqa: B018


def test_two_at_once_unless_they_move_the_same():
    (one, _, _), (two, _, _) = sgd(), sgd()
    runs = [made(Steps(), optimizer=optimizer) for optimizer in (one, two)]
    with pytest.raises(GraphError, match="another training moves the same"):
        made(Steps(), optimizer=[two])
    for run in runs:
        run.stop()
    made(Steps(), 1, optimizer=two).wait()


def test_observers_come_after_each_step_and_may_control_it():
    seen = []

    def look(run):
        seen.append((run.steps, run.values["loss"]))
        if run.steps == 3:
            run.pause()  # from within: asks, and does not wait for itself
        if run.steps == 5:
            run.stop()
            run.observers.clear()

    steps = Steps()
    run = made(steps, observe=look)
    while run.state != "paused":
        with suppress(TimeoutError):
            run.wait(timeout=0.05)
    with pytest.raises(TimeoutError, match="step 3"):
        run.wait(timeout=0.01)
    run.resume()
    run.wait()
    assert seen == [(k, 1 / k) for k in range(1, 6)]
    assert run.state == "stopped"


def test_a_pause_is_no_time_that_went_by():
    began = time.perf_counter()
    run = made(Steps(0.002), 20, paused=True)
    run.step(10)
    time.sleep(0.5)
    run.resume()
    run.wait()
    seconds = run.progress.describe().split(" in ")[1].split(" s")[0]
    assert float(seconds) < time.perf_counter() - began - 0.4  # it is written to a tenth


def test_it_can_be_awaited_while_the_event_loop_works(threads):
    async def main():
        run = made(Steps(0.001), 100)
        ticks = 0
        while run.state == "running":
            ticks += 1
            await asyncio.sleep(0.005)
        await run
        return run, ticks

    run, ticks = asyncio.run(main())
    assert run.steps == 100
    assert ticks > 1


def test_a_step_does_not_wait_for_itself():
    run = Training(lambda: run.wait() or 1.0, log=Run(Curves()))
    with pytest.raises(GraphError, match="a step cannot wait"):
        run.start().wait()


@without_threads
def test_in_slices_a_pause_leaves_the_loop_alone(threads):
    async def main():
        run = made(Steps(0.001))
        await asyncio.sleep(0.05)
        run.pause()
        at = run.steps
        await asyncio.sleep(0.05)
        assert run.steps == at > 0
        run.resume()
        await asyncio.sleep(0.05)
        assert run.steps > at
        run.stop()

    asyncio.run(main())


@without_threads
def test_in_slices_a_button_is_heard_between_two_steps(threads):
    """It is pressed at any time, by a page that knows nothing of the loop."""
    async def main():
        loop, took = asyncio.get_running_loop(), []
        run = made(Steps(0.001))

        async def press(what, reached):
            pressed = []

            def arrives():
                pressed.append((time.perf_counter(), run.steps))
                run.ask(what)

            button = threading.Thread(target=lambda: pressed.append(time.perf_counter())
                                      or loop.call_soon_threadsafe(arrives))
            await asyncio.sleep(0.01)
            button.start()
            while len(pressed) < 2 or not reached(pressed[1][1]):
                await asyncio.sleep(0)
            took.append(time.perf_counter() - pressed[0])
            return run.steps - pressed[1][1]

        for _ in range(5):
            assert await press("pause", lambda _: run.state == "paused") == 0
            assert await press("step", lambda at: run.steps > at) == 1
            assert await press("resume", lambda at: run.steps > at) > 0
        assert await press("stop", lambda _: run.state == "stopped") == 0
        return took

    took = asyncio.run(main())
    assert statistics.median(took) < 1


@with_threads
def test_threads_take_turns_more_often_until_the_last_training_ends(threads):
    before = sys.getswitchinterval()
    first, second = made(Steps(0.001)), made(Steps(0.001))
    for run in (first, second):
        run.pause()
        assert sys.getswitchinterval() == pytest.approx(0.001)
    first.stop()
    first._thread.join()
    assert sys.getswitchinterval() == pytest.approx(0.001)
    second.stop()
    second._thread.join()
    assert sys.getswitchinterval() == pytest.approx(before)


@with_threads
def test_the_grad_mode_of_who_begins_it_does_not_hold_in_it(threads):
    modes = []
    with learngrad.no_grad():
        made(lambda: modes.append(learngrad.is_grad_enabled()) or 1.0, 1).wait()
    assert modes == [True]


SCRIPT = """
import time, learngrad
done = []
def step():
    time.sleep(0.001)
    done.append(1)
    if len(done) == {fail}:
        raise ValueError("at last")
    if len(done) == 200:
        print("all")
    return 1.0
run = learngrad.train(step, 200)
"""


def script(code, interrupt=False):
    process = subprocess.Popen([sys.executable, "-W", "error", "-c", code], text=True, cwd=ROOT,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=os.environ | {"PYTHONPATH": str(ROOT)})
    if interrupt:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return out, err


@with_threads
def test_a_program_that_ends_lets_it_end_and_tells_its_error(threads):
    assert script(SCRIPT.format(fail=0)) == ("all\n", "")
    out, err = script(SCRIPT.format(fail=50))
    assert out == ""
    assert err.count("ValueError: at last") == 1
    # Nobody resumes it any more.
    assert script(SCRIPT.format(fail=0) + "run.pause()") == ("", "")


@with_threads
@pytest.mark.skipif(os.name == "nt", reason="no signals between processes")
def test_an_interrupt_while_waiting_ends_it_after_its_step(threads):
    out, err = script("""
import time, learngrad
begun = ended = 0
def step():
    global begun, ended
    begun += 1
    time.sleep(0.005)
    ended += 1
    if ended == 5:
        print("begun", flush=True)
    return 1.0
run = learngrad.train(step)
try:
    run.wait()
except KeyboardInterrupt:
    print(run.state, begun == ended == run.steps)
""", interrupt=True)
    assert (out, err) == ("stopped True\n", "")
