"""``%load_ext learngrad``: the cell magics ``%%record`` and ``%%step``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from learngrad.errors import ArgumentError
from learngrad.widgets._notebook import notebook
from learngrad.widgets.display import Tape, record, show

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

PREDICT = "--predict"
ASKING = (PREDICT, "predict=True")  # what show() is told is understood here too


def load_ipython_extension(shell: Any) -> None:
    """Give a shell the cell magics; IPython calls this for ``%load_ext learngrad``.

    ``%%record`` records the cell as ``with learngrad.record() as tape:`` round it would, and
    ``%%step`` shows it afterwards, before its first operation, to be stepped through. The tape is
    then the variable ``tape``, or the one that is named behind the magic: ``%%record first``.
    With ``--predict`` both ask for each number, shape or node before it is shown.
    """
    shell.register_magic_function(lambda line, cell: _record(shell, line, cell), "cell", "record")
    shell.register_magic_function(lambda line, cell: _step(shell, line, cell), "cell", "step")


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics away again."""
    for name in ("record", "step"):
        shell.magics_manager.magics["cell"].pop(name, None)


def _record(shell: Any, line: str, cell: str) -> None:
    name, predict = _words(line, "record")
    tape = _run(shell, record(predict=predict), name, cell, "record")
    if notebook() is None and not predict:
        sys.stdout.write(tape.describe() + "\n")


def _step(shell: Any, line: str, cell: str) -> None:
    name, predict = _words(line, "step")
    show(_run(shell, record(live=False), name, cell, "step"), step=True, predict=predict)


def _words(line: str, magic: str) -> tuple[str, bool]:
    """The variable's name and whether to ask, of what stands behind a magic."""
    words = line.split()
    unknown = next((word for word in words if word.startswith("-") and word not in ASKING), None)
    if unknown is not None:
        raise ArgumentError(f"%%{magic} has no option {unknown:.40}",
                            fix=f"%%{magic} {PREDICT} tape")
    name = " ".join(word for word in words if word not in ASKING)
    return name, any(word in ASKING for word in words)


def _run(shell: Any, tape: Tape, line: str, cell: str, magic: str) -> Tape:
    """Run a cell on a tape; its lines count from the magic, as they do in the notebook."""
    name = line.strip() or "tape"
    if not name.isidentifier():
        raise ArgumentError(f"{name!r:.60} cannot be a variable, which holds the tape",
                            fix="%%record tape")
    tape.__enter__()
    error: BaseException | None = None
    try:
        # The shell shows what the cell raises, as it does for every cell.
        with _numbered(shell):
            result = shell.run_cell(cell if cell.startswith("%%") else f"# %%{magic}\n{cell}")
        error = result.error_in_exec or result.error_before_exec
    finally:
        tape.__exit__(type(error), error, None)
        shell.user_ns[name] = tape
    return tape


@contextlib.contextmanager
def _numbered(shell: Any) -> Iterator[None]:
    """Let what runs have the number of the cell that runs: IPython counts on when a cell begins."""
    compiler, number = shell.compile, shell.displayhook.prompt_count

    def cache(code: str, _: int = 0, **more: Any) -> str:
        return type(compiler).cache(compiler, code, number, **more)

    compiler.cache = cache
    try:
        yield
    finally:
        del compiler.cache
