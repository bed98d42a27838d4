"""The command line: ``learngrad demo``, ``learngrad step`` and whatever joins them."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import learngrad

if TYPE_CHECKING:
    from learngrad.demo import Net
    from learngrad.descent import Curves
    from learngrad.optim import Optimizer

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``learngrad``; by default those this program was started with.

    Returns
    -------
    int
        The exit status: 0, 1 after an error, 2 for words it does not know, 130 after Ctrl-C.
    """
    parser = _parser()
    given = parser.parse_args(argv)
    if given.command is None:
        parser.print_help()
        return 0
    try:
        status: int = given.run(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\nlearngrad: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has left; nothing more can be said, also not while Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except learngrad.errors.LearngradError as error:
        return _fail(error.what + (f"\n  Fix: {error.fix}" if error.fix else ""))
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="learngrad", description="Watch a tape of operations grow, replay it backwards, and "
                                      "see the parameters go downhill.")
    parser.add_argument("--version", action="version", version=f"learngrad {learngrad.__version__}")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    demo = commands.add_parser(
        "demo", help="train a small network on real digits and write what happened as one page",
        description="Train a small network to read handwritten digits, print its loss and test "
                    "accuracy, and write one HTML page that needs no network: the graph of one "
                    "training step, its backward replay to step through, and the descent.")
    demo.add_argument("--out", metavar="PATH", type=Path, default=Path("learngrad-demo.html"),
                      help="where to write the page (default: %(default)s)")
    demo.add_argument("--epochs", metavar="N", type=_positive, default=20,
                      help="how often to show all training images (default: %(default)s)")
    demo.add_argument("--seed", metavar="N", type=int, default=0,
                      help="start of the random numbers (default: %(default)s)")
    demo.add_argument("--open", action="store_true", help="open the page in a browser")
    demo.set_defaults(run=_demo)
    step = commands.add_parser(
        "step", help="run a script and walk through what it computed, forward and backward",
        description="Run a Python script, and then walk in the terminal through what it computed "
                    "up to one of its backward passes, one operation at a time, forward and back.")
    step.add_argument("script", metavar="SCRIPT", type=Path, help="the script to run")
    step.add_argument("args", metavar="ARG", nargs="*", default=[], help="words for the script")
    step.add_argument("--predict", action="store_true",
                      help="ask for each number, shape or node before it is shown")
    step.add_argument("--replay", metavar="N", type=_positive,
                      help="which backward pass, counted from 1 (default: the last)")
    step.set_defaults(run=_step)
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _fail(message: str) -> int:
    print(f"learngrad: error: {message}", file=sys.stderr)
    return 1


# ---- learngrad demo ------------------------------------------------------------------------------

def _demo(given: argparse.Namespace) -> int:
    problem = _unwritable(given.out)
    if problem:
        return _fail(f"cannot write {given.out}: {problem}")

    from learngrad import demo, optim
    from learngrad.descent import Curves
    from learngrad.trace.html import write_html

    learngrad.manual_seed(given.seed)
    net = demo.Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    curves = Curves()
    loss, trace = demo.recorded_step(net, optimizer)
    curves.append("loss", 0, loss)
    loss, share = _train(net, optimizer, given.epochs, curves)
    print(f"loss {loss:.4f} (mean of the last epoch)")
    print(f"test accuracy {100 * share:.1f} % (on images that it was not trained on)")
    try:
        path = write_html(given.out, trace, curves, title="A network learns to read digits")
    except OSError as error:
        return _fail(f"cannot write {given.out}: {error.strerror or error}")
    print(f"wrote {path} ({path.stat().st_size / 1e6:.1f} MB): open it in any browser")
    if given.open and not webbrowser.open(path.absolute().as_uri()):
        print("learngrad: found no browser to open it with", file=sys.stderr)
    return 0


def _unwritable(path: Path) -> str | None:
    """Why a page cannot be written there; found out now, not after the training."""
    target = Path(os.path.realpath(path))
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            target.stat()  # `is_dir` tells of no other error, from Python 3.14 on
        if target.is_dir():
            return "it is a folder"
        if target.exists() and not target.is_file():
            return "it is not a regular file"
        if not target.parent.is_dir():
            return f"there is no folder {target.parent}"
        # Permissions tell only half of it (read-only and full disks): write something, and see.
        with tempfile.TemporaryFile(dir=target.parent) as file:
            file.write(b"learngrad")
    except OSError as error:
        return error.strerror or str(error)
    return None


def _train(net: Net, optimizer: Optimizer, epochs: int, curves: Curves) -> tuple[float, float]:
    """Train with a progress bar; the mean loss of the last epoch, and the test accuracy."""
    from learngrad import demo

    step, mean, share = 0, 0.0, demo.accuracy(net)
    curves.append("test accuracy", step, share)
    for report in _progress(epochs):
        losses = []
        for loss in demo.train(net, optimizer, 1):
            step += 1
            losses.append(loss)
            curves.append("loss", step, loss)
        mean, share = sum(losses) / len(losses), demo.accuracy(net)
        curves.append("test accuracy", step, share)
        report(f"loss {mean:.4f}, test accuracy {100 * share:.1f} %")
    return mean, share


def _progress(epochs: int) -> Iterator[Any]:
    """For each epoch, a function that is told how it went: a bar on a terminal, else lines."""
    try:
        from tqdm import tqdm
    except ImportError:
        tqdm = None
    if tqdm is None or not sys.stderr.isatty():
        every = max(1, epochs // 10)
        for epoch in range(1, epochs + 1):
            told: list[str] = []
            yield told.append
            if epoch % every == 0 or epoch == epochs:
                print(f"epoch {epoch} of {epochs}: {told[0]}", flush=True)
        return
    # Some terminals say that they have no columns and lines; tqdm would draw nothing on them.
    width, height = shutil.get_terminal_size()
    with tqdm(total=epochs, desc="training", unit="epoch", ncols=width, nrows=height) as bar:
        for _ in range(epochs):
            yield bar.set_postfix_str
            bar.update()


# ---- learngrad step ------------------------------------------------------------------------------

def _step(given: argparse.Namespace) -> int:
    import runpy

    from learngrad.trace import Recorder
    from learngrad.trace.stepper import Session

    if not given.script.is_file():
        return _fail(f"there is no script {given.script}")
    sys.argv = [str(given.script), *given.args]
    sys.path.insert(0, str(given.script.parent.absolute()))
    tape, failed = Recorder(), False
    try:
        with tape:
            runpy.run_path(str(given.script), run_name="__main__")
    except SystemExit:  # a script may end itself
        pass
    except Exception as error:  # noqa: BLE001  (told as Python would, then what ran is walked)
        _told(error, str(given.script))
        failed = True
    trace = tape.to_dict()
    if not trace["nodes"]:
        return _fail(f"{given.script} " + ("ended before it computed anything with tensors"
                                           if failed else "computed nothing with tensors"))
    passes = len(trace["replays"])
    if given.replay is not None and given.replay > passes:
        made = "1 backward pass" if passes == 1 else f"{passes} backward passes"
        return _fail(f"{given.script} made {made}: there is no {given.replay}.")
    Session(trace, predict=given.predict,
            replay=None if given.replay is None else given.replay - 1).run()
    return int(failed)


def _told(error: Exception, script: str) -> None:
    """Print an error as Python would, from the script on; what ran it is of no interest."""
    import traceback

    at = error.__traceback__
    while at is not None and at.tb_frame.f_code.co_filename != script:
        at = at.tb_next
    traceback.print_exception(type(error), error, at)
