"""Curves that a program logs as for TensorBoard, drawn in the cell instead."""

from __future__ import annotations

import importlib.util
import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from learngrad.descent.curves import single
from learngrad.errors import ArgumentError, ArgumentTypeError, a_kind_of
from learngrad.widgets.display import show
from learngrad.widgets.plot import LivePlot

__all__ = ["SummaryWriter"]

_NOT_HERE = {
    "plt.imshow(image) shows a picture in the cell, learngrad.show(net, x) a tensor as tiles":
        "add_image add_image_with_boxes add_images add_figure add_video add_mesh add_embedding",
    "learngrad.GradientFlow(model) follows weights and gradients layer by layer":
        "add_histogram add_histogram_raw",
    "print it": "add_text add_audio add_tensor",
    "it writes curves: writer.add_scalar(tag, value, step)":
        "add_hparams add_pr_curve add_pr_curve_raw add_onnx_graph add_custom_scalars "
        "add_custom_scalars_marginchart add_custom_scalars_multilinechart",
}


class SummaryWriter:
    """Curves under their tags, which grow in the cell that logs them: no server, no second page.

    What stands before the first ``/`` of a tag says in which plot it is drawn: ``Loss/train`` and
    ``Loss/test`` are curves of one. `flush` and `close` write each plot into `log_dir`, as a page
    that opens without a network. Where TensorBoard is installed, event files for it are written
    there too.

    PyTorch: `torch.utils.tensorboard.SummaryWriter` writes event files alone, and without
    TensorBoard cannot be imported. Pictures, histograms and the like are refused here.

    Parameters
    ----------
    log_dir : str or path, optional
        The folder for what is written; by default ``runs/``, and in it one that is named by the
        time, the machine and `comment`. It is made when something is to be written.
    comment : str, default ""
        The end of that name.
    purge_step, max_queue, flush_secs, filename_suffix
        As in PyTorch, for the event files.

    Examples
    --------
    >>> import tempfile
    >>> from learngrad.utils.tensorboard import SummaryWriter
    >>> with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
    ...     for step in range(10):
    ...         writer.add_scalar("Loss/train", 1 / (1 + step), step)
    ...     writer.plots["Loss"].describe()
    'Loss/train went from 1 to 0.1 in 10 points; ...'
    """

    def __init__(self, log_dir: str | os.PathLike[str] | None = None, comment: str = "",
                 purge_step: int | None = None, max_queue: int = 10, flush_secs: float = 120,
                 filename_suffix: str = "") -> None:
        if not log_dir:
            now = time.strftime("%b%d_%H-%M-%S")
            log_dir = Path("runs", f"{now}_{socket.gethostname()}{comment}")
        elif not isinstance(log_dir, str | os.PathLike):
            raise ArgumentTypeError(f"log_dir names a folder, and is {a_kind_of(log_dir)}",
                                    fix='SummaryWriter("runs/first")')
        self.log_dir = log_dir
        self.plots: dict[str, LivePlot] = {}
        """The plots by their headings."""
        self._events = _Events(purge_step, max_queue, flush_secs, filename_suffix)
        self._times: dict[tuple[str, str], int] = {}
        self._unwritten: set[str] = set()

    def get_logdir(self) -> str:
        """The folder for what is written."""
        return os.fspath(self.log_dir)

    def add_scalar(self, tag: str, scalar_value: Any, global_step: float | None = None,
                   walltime: float | None = None, new_style: bool = False,
                   double_precision: bool = False) -> None:
        """Put a point at the end of the curve `tag`.

        Parameters
        ----------
        tag : str
            The curve's name.
        scalar_value : float, or Tensor or array of one element
            How high.
        global_step : int or float, optional
            Where; by default one after the last, from 0. If it lies before the last one, as when
            a cell runs again, another curve begins: ``Loss/train (2)``.
        walltime : float, optional
            When it was, in seconds since 1970, for the event file; by default now.
        new_style, double_precision
            As in PyTorch, and without effect: curves are float64.

        Raises
        ------
        ArgumentTypeError
            If the value is not a single number, or the tag is not a str.
        """
        heading, slash, _ = _tag(tag).partition("/")
        at = self._log((slash and heading) or "Descent", "", tag, scalar_value, global_step)
        self._events.write(self.get_logdir(), tag, scalar_value, at, walltime)

    def add_scalars(self, main_tag: str, tag_scalar_dict: Mapping[str, Any],
                    global_step: float | None = None, walltime: float | None = None) -> None:
        """Put a point at the end of several curves of the plot `main_tag`.

        Parameters
        ----------
        main_tag : str
            The plot.
        tag_scalar_dict : mapping of str to float
            Each curve's name, and how high.
        global_step, walltime
            As `add_scalar`.

        Raises
        ------
        ArgumentTypeError
            As `add_scalar`.
        """
        if not isinstance(tag_scalar_dict, Mapping):
            raise ArgumentTypeError(f"add_scalars takes a dict of curves and their values, not "
                                    f"{a_kind_of(tag_scalar_dict)}",
                                    fix='writer.add_scalars("loss", {"train": a, "test": b}, step)')
        for tag, value in tag_scalar_dict.items():
            at = self._log(_tag(main_tag), _tag(tag), main_tag, value, global_step)
            folder = _file(f"{main_tag.replace('/', '_')}_{tag}")
            self._events.write(os.path.join(self.get_logdir(), folder), main_tag, value, at,
                               walltime)

    def add_graph(self, model: Callable[..., Any], input_to_model: Any = None,
                  verbose: bool = False, use_strict_trace: bool = True) -> None:
        """Draw what the model computes from an input, as `learngrad.show`.

        Parameters
        ----------
        model : Module or function
            What is called.
        input_to_model : Tensor, or list or tuple of Tensor
            What with.
        verbose, use_strict_trace
            As in PyTorch, and without effect.
        """
        if input_to_model is None:
            raise ArgumentError("a graph is what ran, so there is none without an input",
                                fix="writer.add_graph(model, x)")
        several = isinstance(input_to_model, list | tuple)
        show(model, *(input_to_model if several else [input_to_model]))

    def flush(self) -> None:
        """Write what was logged into `log_dir`, each file whole or not at all.

        Raises
        ------
        OSError
            If it cannot be written; the plots are kept.
        """
        for heading in sorted(self._unwritten):
            folder = Path(self.log_dir)
            folder.mkdir(parents=True, exist_ok=True)
            self.plots[heading].to_html(folder / f"{_file(heading)}.html")
            self._unwritten.discard(heading)
        self._events.flush()

    def close(self) -> None:
        """Write what was logged, as `flush`; what is logged later is added."""
        self.flush()
        self._events.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        why = "".join(f": {why}" for why, names in _NOT_HERE.items() if name in names.split())
        raise AttributeError(f"'SummaryWriter' object has no attribute {name!r}{why}",
                             name=name, obj=self)

    def _log(self, heading: str, run: str, name: str, value: Any, step: Any) -> float:
        """Put a point into a plot; where it is."""
        nth = self._times.setdefault((name, run), 1)
        plot = self.plots.get(heading) or LivePlot(heading)
        self.plots[heading] = plot
        known = plot.curves.of(_nth(run, nth)).get(name)
        if step is None:
            step = known.x[-1] + 1 if known else 0
        at = single(name, "step", step)
        if known and at < known.x[-1]:  # once more from the beginning
            self._times[name, run] = nth = nth + 1
        at = int(at) if at.is_integer() else at
        plot.run(_nth(run, nth)).log_all(at, {name: value})
        self._unwritten.add(heading)
        return at


class _Events:
    """Event files, one for each folder, where TensorBoard is there to write and to read them."""

    def __init__(self, purge_step: int | None, *how: Any) -> None:
        self._there = importlib.util.find_spec("tensorboard") is not None
        self._purge, self._how = purge_step, how
        self._files: dict[str, Any] = {}

    def write(self, folder: str, tag: str, value: Any, step: float,
              walltime: float | None) -> None:
        """One point."""
        if not self._there:
            return
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        if folder not in self._files:
            self._files[folder] = EventFileWriter(folder, *self._how)
            if self._purge is not None:  # what is later than that was of a run that broke off
                self._files[folder].add_event(Event(
                    step=self._purge, session_log=SessionLog(status=SessionLog.START)))
        point = Summary.Value(tag=tag, simple_value=single(tag, "value", value))
        self._files[folder].add_event(Event(
            wall_time=time.time() if walltime is None else walltime,
            step=int(step), summary=Summary(value=[point])))

    def flush(self) -> None:
        """Hand to the disk what waits."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """End the files; more points begin new ones."""
        while self._files:
            self._files.popitem()[1].close()


def _tag(tag: Any) -> str:
    if not isinstance(tag, str):
        raise ArgumentTypeError(f"a tag is a str, not {a_kind_of(tag)}",
                                fix='writer.add_scalar("Loss/train", loss, step)')
    return tag


def _nth(run: str, times: int) -> str:
    """A run's name; the second time over, with a number."""
    return run if times == 1 else f"{run} {times}".strip()


def _file(tag: str) -> str:
    """A tag as a file's name, another one for each tag."""
    return quote(tag, safe=" =,+()")
