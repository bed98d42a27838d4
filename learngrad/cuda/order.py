"""Streams, the order of a GPU's work, and events, marks in it that tell the time."""

from __future__ import annotations

import contextlib
from typing import Any

from learngrad import devices
from learngrad.cuda.device import _cuda
from learngrad.errors import ArgumentTypeError, GraphError

__all__ = ["Event", "Stream", "current_stream", "stream"]


class Stream:
    """An order of work on the GPU; what is in two streams may run at the same time.

    PyTorch: `torch.cuda.Stream`. https://docs.cupy.dev/en/stable/reference/generated/cupy.cuda.Stream.html

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     with learngrad.cuda.stream(learngrad.cuda.Stream()):
    ...         x = learngrad.ones(2, device="cuda")
    """

    def __init__(self, device: Any = None, priority: int = 0, *, _raw: Any = None) -> None:
        if _raw is None:
            with _cuda(device):
                _raw = devices.cupy().cuda.Stream(non_blocking=True)
        self._raw = _raw

    def synchronize(self) -> None:
        """Wait until all that is in it has been done."""
        self._raw.synchronize()

    def record_event(self, event: Event | None = None) -> Event:
        """Put a mark after all that is in it now."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Let what comes next wait for a mark of another stream."""
        self._raw.wait_event(event._raw)

    def wait_stream(self, stream: Stream) -> None:
        """Let what comes next wait for all that is in another stream now."""
        self.wait_event(stream.record_event())

    def query(self) -> bool:
        """Whether all that was in it has been done."""
        return bool(self._raw.done)

    def __enter__(self) -> Stream:
        self._raw.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._raw.__exit__(*error)


def stream(stream: Stream | None) -> Any:
    """The context in which work goes into `stream`; None changes nothing.

    Raises
    ------
    ArgumentTypeError
        If it is no stream.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     with learngrad.cuda.stream(learngrad.cuda.Stream()):
    ...         x = learngrad.ones(2, device="cuda")
    """
    if stream is None:
        return contextlib.nullcontext()
    if not isinstance(stream, Stream):
        raise ArgumentTypeError(f"a stream belongs here, not {stream!r:.60}",
                                fix="learngrad.cuda.Stream()")
    return stream


def current_stream(device: Any = None) -> Stream:
    """The stream that work goes into now.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     learngrad.cuda.current_stream().synchronize()
    """
    with _cuda(device):
        return Stream(_raw=devices.cupy().cuda.get_current_stream())


class Event:
    """A mark in the GPU's work; two of them tell how long what lies between took.

    Parameters
    ----------
    enable_timing : bool, default False
        Whether it notes the time, for `elapsed_time`.
    blocking : bool, default False
        Let `synchronize` sleep instead of asking again and again.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     start, end = (learngrad.cuda.Event(enable_timing=True) for _ in range(2))
    ...     start.record()
    ...     x = learngrad.ones(1000, 1000, device="cuda").exp()
    ...     end.record()
    ...     end.synchronize()
    ...     milliseconds = start.elapsed_time(end)
    """

    def __init__(self, enable_timing: bool = False, blocking: bool = False,
                 interprocess: bool = False) -> None:
        self._timed, self._recorded = enable_timing, False
        self._raw = devices.cupy().cuda.Event(
            block=blocking, disable_timing=not enable_timing, interprocess=interprocess)

    def record(self, stream: Stream | None = None) -> None:
        """Stand after all that is in the stream now, by default the current one."""
        self._raw.record(None if stream is None else stream._raw)
        self._recorded = True

    def wait(self, stream: Stream | None = None) -> None:
        """Let what comes next in a stream wait for this mark."""
        (current_stream() if stream is None else stream).wait_event(self)

    def synchronize(self) -> None:
        """Wait until the GPU has come to the mark."""
        self._raw.synchronize()

    def query(self) -> bool:
        """Whether the GPU has come to the mark."""
        return bool(self._raw.done)

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this mark to the other.

        Raises
        ------
        GraphError
            If one of them keeps no time, was not recorded, or has not been reached.
        """
        for event in (self, end_event):
            if not event._timed:
                raise GraphError("this event keeps no time",
                                 fix="learngrad.cuda.Event(enable_timing=True)")
            if not event._recorded:
                raise GraphError("this event stands nowhere yet", fix="event.record()")
            if not event.query():
                raise GraphError("the GPU has not come to this event yet",
                                 fix="end.synchronize() first")
        return float(devices.cupy().cuda.get_elapsed_time(self._raw, end_event._raw))
