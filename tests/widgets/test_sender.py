"""What sends a growing view: everything, from one thread, paced, and none where nothing is new."""

import threading
import time

import pytest

from learngrad.widgets import _sender
from learngrad.widgets._sender import Sender


def threads():
    return [one for one in threading.enumerate() if one.name == "learngrad-live"]


class Screen:
    """Counts what there is and what it was sent."""

    def __init__(self, size=16, at_once=None):
        self.points = self.sent = self.calls = self.inside = 0
        self.size, self.at_once, self.times = size, at_once, []

    def flush(self):
        assert self.inside == 0, "two threads at once"
        self.inside += 1
        new = self.points - self.sent
        if self.at_once is not None:
            new = min(new, self.at_once)
        self.sent += new
        self.calls += bool(new)
        if new:
            self.times.append(time.monotonic())
        self.inside -= 1
        return self.size * bool(new), self.sent < self.points


def wait_until(done):
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_everything_arrives_in_few_messages():
    screen = Screen()
    sender = Sender(screen.flush)
    for _ in range(50_000):
        screen.points += 1
        sender.touch()
    assert len(threads()) == 1
    sender.close()
    assert (screen.sent, threads()) == (50_000, [])
    assert screen.calls < 100


def test_messages_keep_their_distance():
    screen = Screen()
    sender = Sender(screen.flush, interval=0.02)
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        screen.points += 1
        sender.touch()
    sender.close()
    gaps = [b - a for a, b in zip(screen.times, screen.times[1:-1])]
    assert min(gaps) >= 0.019


def test_bytes_are_paced():
    screen = Screen(size=20_000)  # so that a message takes a tenth of a second
    sender = Sender(screen.flush, interval=0.001)
    end = time.monotonic() + 0.35
    while time.monotonic() < end:
        screen.points += 1
        sender.touch()
        time.sleep(0.001)
    sender.close()
    assert screen.calls <= 6


def test_what_costs_much_is_sent_seldom():
    screen = Screen()

    def costly():
        end = _sender.busy() + 0.01
        while _sender.busy() < end:
            pass
        return screen.flush()

    sender = Sender(costly, share=0.05)  # so that a message takes a fifth of a second
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        screen.points += 1
        sender.touch()
        time.sleep(0.001)
    sender.close()
    assert screen.calls <= 5
    assert screen.sent == screen.points


def test_what_does_not_fit_into_one_message_follows_and_is_all_there_at_the_end():
    screen = Screen(at_once=3)
    sender = Sender(screen.flush, interval=0.01)
    screen.points = 100
    sender.touch()
    sender.close()
    assert screen.sent == 100
    assert screen.calls == 34


def test_what_comes_last_is_sent_without_being_asked():
    screen = Screen()
    sender = Sender(screen.flush)
    screen.points = 1
    sender.touch()
    screen.points = 2
    wait_until(lambda: screen.sent == 2)
    sender.close()


def test_the_thread_ends_when_it_is_quiet_and_begins_again():
    told = []
    screen = Screen()
    sender = Sender(screen.flush, told.append, interval=0.001)
    for round_ in (1, 2):
        screen.points = round_
        sender.touch()
        wait_until(lambda: told[-1] is False and not threads())
        assert screen.sent == round_
    assert told == [True, False] * 2


def test_without_threads_the_steps_send(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    told = []
    screen = Screen()
    sender = Sender(screen.flush, told.append)
    for _ in range(3):
        screen.points += 1
        sender.touch()
    assert told == [True, False]
    assert screen.calls == 1
    sender.close()
    assert screen.sent == 3


def test_a_failure_is_a_warning_once_and_then_silence():
    def fail():
        raise OSError("gone")

    sender = Sender(fail)
    for _ in range(100):
        sender.touch()
    wait_until(lambda: not threads())
    with pytest.warns(RuntimeWarning, match="gone") as told:
        sender.close()
    sender.touch()
    sender.close()
    assert len(told) == 1


def test_after_close_it_goes_on():
    screen = Screen()
    sender = Sender(screen.flush)
    for _ in range(2):
        screen.points += 1
        sender.touch()
        sender.close()
    assert screen.sent == 2
