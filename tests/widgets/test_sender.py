"""What sends a growing plot: everything, from one thread, and none where there is nothing."""

import threading
import time

import pytest

from learngrad.widgets import _sender
from learngrad.widgets._sender import Sender


def threads():
    return [one for one in threading.enumerate() if one.name == "learngrad-curves"]


class Screen:
    """Counts what there is and what it was sent."""

    def __init__(self):
        self.points = self.sent = self.calls = 0

    def flush(self):
        new = self.points - self.sent
        self.sent += new
        self.calls += bool(new)
        return 16 * new


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


def test_what_comes_last_is_sent_without_being_asked():
    screen = Screen()
    sender = Sender(screen.flush)
    screen.points = 1
    sender.touch()
    screen.points = 2
    wait_until(lambda: screen.sent == 2)
    sender.close()


def test_the_thread_ends_when_it_is_quiet_and_begins_again(monkeypatch):
    monkeypatch.setattr(_sender, "INTERVAL", 0.001)
    told = []
    screen = Screen()
    sender = Sender(screen.flush, told.append)
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
