"""`train`: a training in the background, with its curves, its buttons and its cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from learngrad.descent import Curves, Run
from learngrad.descent.train import ENDED, Observer, Training
from learngrad.descent.train_open import running
from learngrad.errors import ArgumentError, ArgumentTypeError, a_kind_of
from learngrad.widgets._notebook import cell_of, notebook
from learngrad.widgets.plot import LivePlot

__all__ = ["LiveTraining", "train"]


class LiveTraining(Training):
    """A training whose curves are in a notebook; what `learngrad.train` returns.

    Attributes
    ----------
    plot : LivePlot
        Where its curves are.
    """

    plot: LivePlot
    cell: str | None = None
    execution = 0

    def _ipython_display_(self) -> None:
        """Nothing in the cell that shows its plot already; in another cell, a view of its own."""
        self.plot._ipython_display_()


def train(step: Callable[..., Any], over: Any = None, *, epochs: int = 1,
          validate: Callable[[], Any] | None = None, optimizer: Any = None,
          plot: Run | None = None, observe: Observer | Iterable[Observer] = (),
          paused: bool = False) -> LiveTraining:
    """Train in the background: the cell is free again, the curves grow, and the run is in hand.

    The view has buttons (and keys) that pause it, go on, make one step, stop it, and change the
    learning rate; so has what is returned: ``run.pause()``, ``run.resume()``, ``run.step()``,
    ``run.stop()``, ``run.lr = 0.01``. All of them act where a step has ended, so model, optimiser
    and curves belong together whatever happens. In a program, and where the next line needs the
    trained model, ``run.wait()`` waits for the end. Running the cell again stops what it began.

    Parameters
    ----------
    step : callable
        One step of the training, as it would stand in a loop: forward, ``zero_grad``, backward,
        ``optimizer.step()``. It returns the loss, or a dict of numbers with names. It is called
        with a batch: ``step(x, y)`` where that is a pair, ``step(batch)`` where it takes one thing.
    over : DataLoader, other iterable, or int, optional
        What gives the batches of an epoch; or how many steps to make, of a `step` without
        arguments; without it the training goes on until it is stopped.
    epochs : int, default 1
        How often to go through it.
    validate : callable, optional
        Called without gradients after each epoch; returns a loss or a dict, as `step` does. Names
        that do not say it already get ``val_`` before them.
    optimizer : Optimizer or list of Optimizer, optional
        Whose learning rate the view shows; by default those that `step` names.
    plot : LivePlot or a run of one, optional
        Where to draw, by default in a new plot; ``plot.run("lr=0.1")`` compares trainings.
    observe : callable or list of callable, optional
        Called with the training after every step, in its thread; see `observers` of what is
        returned.
    paused : bool, default False
        Whether it waits before the first step: to be stepped.

    Returns
    -------
    LiveTraining
        The training under way: `Training` says what it can do.

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If an argument makes no sense. What `step` raises ends the training; it is shown at once
        and raised by ``run.wait()``.
    GraphError
        If another training moves the same parameters.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> X, y = learngrad.data.digits("train")
    >>> loader = learngrad.data.DataLoader(learngrad.data.TensorDataset(X, y), 64, shuffle=True)
    >>> model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    >>> loss_fn = nn.CrossEntropyLoss()
    >>> optimizer = learngrad.optim.SGD(model.parameters(), lr=0.2)
    >>> def step(x, y):
    ...     loss = loss_fn(model(x), y)
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> run = learngrad.train(step, loader, epochs=2)
    >>> run.lr = 0.1
    >>> run.wait()
    >>> run
    <training: done, 46 steps, 46 steps in ...>
    """
    shell = notebook()
    cell = cell_of(shell) if shell is not None else None
    _stop_in(cell, earlier_than=shell)
    if plot is not None and getattr(plot, "plot", None) is None:
        raise ArgumentTypeError(f"plot is {a_kind_of(plot)}, not a LivePlot or a run of one",
                                fix='plot=learngrad.LivePlot(), or plot=plot.run("lr=0.1")')
    log = plot if plot is not None else Run(Curves())
    run = LiveTraining(step, over, epochs=epochs, validate=validate, optimizer=optimizer,
                       observe=observe, log=log, paused=paused, lingers=shell is None,
                       changed=_turned)
    run.check()
    if plot is None:
        run.log = LivePlot("Training")
    run.plot, run.cell = run.log.plot, cell
    run.execution = shell.execution_count if shell is not None else 0
    for other in run.plot._controls.trainings:
        if other.log is run.log and other.state not in ENDED:
            raise ArgumentError("another training draws the same curves and has not ended",
                                fix='give this one its own: plot=plot.run("second")')
    run.plot._attach(run)
    if shell is not None:
        _watch_cells(shell)
    run.start()
    return run


def _turned(run: Training) -> None:
    """It is in another state; called in its thread."""
    assert isinstance(run, LiveTraining)
    run.plot._turned(run)
    shell = notebook()
    if run.error is not None and shell is not None and not run.waited:
        run.heard()
        shell.showtraceback((type(run.error), run.error, run.error.__traceback__), tb_offset=0)


# ---- Cells that run again ------------------------------------------------------------------------

_watched: set[int] = set()


def _watch_cells(shell: Any) -> None:
    """Stop what a cell began before it runs again: its first lines may change the same model."""
    if id(shell) not in _watched:
        _watched.add(id(shell))
        shell.events.register("pre_run_cell", _before_cell)


def _before_cell(info: Any) -> None:
    _stop_in(getattr(info, "cell_id", None))


def _stop_in(cell: str | None, earlier_than: Any = None) -> None:
    """Stop the trainings that a cell began: all, or those of its earlier runs."""
    for run in running() if cell is not None else ():
        if isinstance(run, LiveTraining) and run.cell == cell and (
                earlier_than is None or run.execution != earlier_than.execution_count):
            run.stop()
