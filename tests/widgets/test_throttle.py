"""Many changes, few messages, nothing lost, no thread left."""

import threading
import time

import pytest

from learngrad.widgets._throttle import Throttle


class Sink:
    """Counts changes and what was sent of them."""

    def __init__(self, size=10, at_once=None):
        self.changes, self.times, self.seen = 0, [], 0
        self.size, self.at_once = size, at_once
        self.inside = 0

    def __call__(self):
        assert self.inside == 0, "two threads at once"
        self.inside += 1
        left = self.changes - self.seen
        step = left if self.at_once is None else min(left, self.at_once)
        self.seen += step
        self.times.append(time.monotonic())
        self.inside -= 1
        return self.size, self.seen < self.changes


def threads():
    return [t for t in threading.enumerate() if t.name == "learngrad-live"]


def test_the_first_change_is_sent_at_once_by_the_thread_that_made_it():
    sink = Sink()
    throttle = Throttle(sink)
    sink.changes = 1
    throttle.touch()
    assert sink.seen == 1
    throttle.close()


def test_many_changes_become_few_messages_and_nothing_is_lost():
    sink = Sink()
    throttle = Throttle(sink, interval=0.02)
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        sink.changes += 1
        throttle.touch()
    throttle.close()
    assert sink.seen == sink.changes > 100
    # One an interval, one at the end, and one for the clock.
    assert len(sink.times) <= 0.3 / 0.02 + 3
    gaps = [b - a for a, b in zip(sink.times, sink.times[1:-1])]
    assert min(gaps) >= 0.019


def test_the_last_change_of_a_burst_is_sent_without_another_one():
    sink = Sink()
    throttle = Throttle(sink, interval=0.02)
    for _ in range(50):
        sink.changes += 1
        throttle.touch()
    deadline = time.monotonic() + 5
    while sink.seen < 50 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sink.seen == 50
    throttle.close()


def test_bytes_are_paced():
    sink = Sink(size=100)
    throttle = Throttle(sink, interval=0.001, rate=1000)  # so a message takes 0.1 seconds
    end = time.monotonic() + 0.35
    while time.monotonic() < end:
        sink.changes += 1
        throttle.touch()
        time.sleep(0.001)
    assert len(sink.times) <= 5
    throttle.close()


def test_what_does_not_fit_into_one_message_follows_and_is_all_there_at_the_end():
    sink = Sink(at_once=3)
    throttle = Throttle(sink, interval=0.01)
    sink.changes = 100
    throttle.touch()
    throttle.close()
    assert sink.seen == 100
    assert len(sink.times) == 34


def test_the_thread_ends_by_itself_and_with_close():
    sink = Sink()
    throttle = Throttle(sink, interval=0.01)
    for _ in range(3):
        sink.changes += 1
        throttle.touch()
    assert len(threads()) == 1
    deadline = time.monotonic() + 5
    while threads() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert threads() == []
    sink.changes += 2
    throttle.touch()
    throttle.touch()
    throttle.close()
    assert threads() == []
    throttle.touch()
    assert threads() == []


def test_without_threads_the_next_change_or_the_end_sends_the_rest(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    sink = Sink()
    throttle = Throttle(sink, interval=0.02)
    for _ in range(20):
        sink.changes += 1
        throttle.touch()
    assert sink.seen == 1
    time.sleep(0.03)
    sink.changes += 1
    throttle.touch()
    assert sink.seen == 21
    sink.changes += 1
    throttle.touch()
    throttle.close()
    assert sink.seen == 22


def test_a_display_that_breaks_does_not_end_the_loop_and_is_told_once():
    calls = []

    def broken():
        calls.append(1)
        raise OSError("the comm is closed")

    throttle = Throttle(broken, interval=0.001)
    for _ in range(100):
        throttle.touch()
    with pytest.warns(RuntimeWarning, match="the comm is closed"):
        throttle.close()
    assert len(calls) == 1
