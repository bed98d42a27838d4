"""Lessons: a text that people edit, and the notebook beside it that is built from it.

    python -m learngrad.classroom.lessons            build every notebook under notebooks/
    python -m learngrad.classroom.lessons --check    say which are not what their text says

The text is Python in jupytext's percent form. Each cell has a name, written in its marker
(``# %% id="first-slope"``), which becomes the cell's id: a cell stays itself when its text changes.
A notebook is run from top to bottom when it is built, and keeps pictures and text alone: widget
state would be nothing without a kernel. Nothing is kept of a cell with the tag "guess", where the
learner is asked to guess first.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from learngrad.errors import LearngradError, MissingDependency

__all__ = ["build", "drift", "lessons", "main", "read"]

GUESS = "guess"
KEPT = ("image/svg+xml", "image/png", "text/plain")
METADATA = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python",
                           "name": "python3"},
            "language_info": {"name": "python"}}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SECONDS = 300  # for one cell


def lessons(root: Path) -> list[Path]:
    """The texts of all lessons under a folder, in order."""
    texts = root.rglob("*.py")
    return sorted(p for p in texts if p.is_file() and p.read_text(
        "utf-8", errors="replace").startswith("# ---\n# jupyter"))


def read(path: Path) -> Any:
    """The notebook that a lesson's text describes, without outputs.

    Raises
    ------
    LearngradError
        If it is no text, or a cell has no id of its own.
    MissingDependency
        If jupytext is not installed.
    """
    jupytext = _need("jupytext")
    try:
        notebook = jupytext.reads(path.read_text("utf-8"), fmt="py:percent")
    except UnicodeDecodeError as error:
        raise LearngradError(f"{path.name} is not UTF-8 text: {error}") from error
    seen: set[str] = set()
    for cell in notebook.cells:
        name = cell.metadata.pop("id", "")
        begin = cell.source.strip().split("\n", 1)[0]
        if not _ID.fullmatch(name) or len(name) > 64 or name in seen:
            said = f"the id {name!r}, which is taken or is none" if name else "no id"
            raise LearngradError(f"{path.name}: the cell that begins {begin!r:.60} has {said}",
                                 fix='# %% [markdown] id="what-a-slope-is"')
        seen.add(name)
        cell.id = name
    notebook.metadata = _need("nbformat").from_dict(METADATA)
    return notebook


def build(path: Path) -> Any:
    """The notebook of a lesson, run from top to bottom.

    Raises
    ------
    LearngradError
        If a cell warns or prints an error.
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    MissingDependency
        If jupytext or nbclient is not installed.
    """
    notebook = read(path)
    nbclient = _need("nbclient")
    with tempfile.TemporaryDirectory() as home:
        # Nobody's own start-up files and settings take part in a lesson.
        own = {f"{name}_DIR" if name != "IPYTHONDIR" else name: f"{home}/{name.lower()}"
               for name in ("JUPYTER_CONFIG", "JUPYTER_DATA", "JUPYTER_RUNTIME", "IPYTHONDIR")}
        nbclient.NotebookClient(
            notebook, timeout=SECONDS, kernel_name="python3", store_widget_state=False,
            coalesce_streams=True, record_timing=False,
            resources={"metadata": {"path": str(path.parent)}},
        ).execute(env={**os.environ, **own})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            kept = list(_lasting(cell, path))
            guess = GUESS in cell.metadata.get("tags", ())
            cell.outputs, cell.execution_count = ([], None) if guess else (
                kept, cell.execution_count)
    notebook.metadata = _need("nbformat").from_dict(METADATA)
    return notebook


def _lasting(cell: Any, path: Path) -> Iterator[Any]:
    """The outputs of a cell that mean something without a kernel."""
    for output in cell.outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                raise LearngradError(f"{path.name}, {cell.id} writes to stderr:\n{output.text}",
                                     fix="mend what it warns of")
            yield output
        else:
            output.data = {kind: output.data[kind] for kind in KEPT if kind in output.data}
            output.metadata = {}
            if output.data:
                yield output


def drift(path: Path) -> str:
    """What the notebook beside a lesson's text has that the text does not say, or ''."""
    beside = path.with_suffix(".ipynb")
    if not beside.exists():
        return f"{beside.name} is missing"
    wanted, nbformat = read(path), _need("nbformat")
    try:
        found = nbformat.read(beside, as_version=4)
    except Exception as error:  # noqa: BLE001  (what is wrong with it has no common class)
        return f"{beside.name} is no notebook: {str(error).partition(chr(10))[0]:.200}"
    for at, (want, have) in enumerate(zip(wanted.cells, found.cells, strict=False)):
        for part in ("id", "cell_type", "source", "metadata"):
            if want[part] != have[part]:
                return f"{beside.name}: the {part} of cell {at} ({want.id}) differs"
    if len(wanted.cells) != len(found.cells):
        return f"{beside.name} has {len(found.cells)} cells, its text {len(wanted.cells)}"
    code = [cell for cell in found.cells if cell.cell_type == "code"]
    if any(cell.execution_count != (None if GUESS in cell.metadata.get("tags", ()) else at)
           for at, cell in enumerate(code, 1)):
        return f"{beside.name} was not run from top to bottom"
    return "" if found.metadata == wanted.metadata else f"{beside.name}: its metadata differs"


def write(path: Path) -> Path:
    """Build the notebook of a lesson and write it beside its text."""
    beside = path.with_suffix(".ipynb")
    text = _need("nbformat").writes(build(path), version=4)
    beside.write_text(text.rstrip("\n") + "\n", "utf-8", newline="\n")
    return beside


def main(words: list[str] | None = None) -> int:
    """``python -m learngrad.classroom.lessons``; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m learngrad.classroom.lessons",
        description="Build the notebooks of the lessons from their text.")
    parser.add_argument("paths", nargs="*", type=Path, default=[Path("notebooks")],
                        help="texts, or folders with texts (default: notebooks)")
    parser.add_argument("--check", action="store_true",
                        help="build nothing; fail if a notebook is not what its text says")
    given = parser.parse_args(words)
    missing = [str(path) for path in given.paths if not path.exists()]
    if missing:
        parser.error(f"there is no {', '.join(missing)}")
    texts = [text for path in given.paths for text in (lessons(path) if path.is_dir() else [path])]
    other = [str(text) for text in texts if text.suffix != ".py"]
    if other:
        parser.error(f"a lesson is built from its text, a .py file, and not from {other[0]}")
    wrong = False
    for text in texts:
        try:
            said = drift(text) if given.check else ""
            done = f"{text}: as its text says" if given.check else f"building {write(text)}"
            _say(said or done)
        except LearngradError as error:
            said = str(error)
            _say(said)
        wrong |= bool(said)
    if wrong and given.check:
        _say("Build them again: python -m learngrad.classroom.lessons")
    return int(wrong)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _need(name: str) -> Any:
    from importlib import import_module
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingDependency(f"lessons are built with {name}, which is not installed",
                                fix="pip install jupytext nbclient nbformat") from error


if __name__ == "__main__":
    sys.exit(main())
