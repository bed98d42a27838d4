"""Where we are: a notebook that shows live views, or a plain program."""

from __future__ import annotations

import sys
from base64 import b64encode
from html import escape
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, NamedTuple

from learngrad.errors import MissingDependency

__all__ = ["apart", "cell_of", "frame", "has_widgets", "marimo", "notebook", "publish", "script"]


def notebook() -> Any:
    """The running IPython shell if it belongs to a notebook's kernel, else None."""
    # IPython that was never imported cannot be running: it is not imported to find out.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None


def marimo() -> Any:
    """The package marimo if one of its notebooks runs here, else None."""
    found = sys.modules.get("marimo")
    return found if found is not None and found.running_in_notebook() else None


def frame(page: str) -> str:
    """A whole page inside another, for hosts where widgets cannot share their code."""
    style = "width:100%;height:860px;border:0"
    return f'<iframe title="learngrad" style="{style}" srcdoc="{escape(page)}"></iframe>'


def has_widgets() -> bool:
    """Whether the packages of live views are installed, and their parts meet in one page."""
    return find_spec("anywidget") is not None and not apart()


def apart() -> bool:
    """Whether each output has a frame of its own, as in Colab: no part of a view finds another."""
    return "google.colab" in sys.modules


def cell_of(shell: Any) -> str | None:
    """The name of the cell that runs; None where the front end names no cells."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return (parent.get("metadata") or {}).get("cellId")


def script(name: str) -> str:
    """One of the front end's built files, as text."""
    path = files("learngrad").joinpath("widgets", "static", name)
    if not path.is_file():
        raise MissingDependency(
            f"the front end (learngrad/widgets/static/{name}) was not built",
            fix="install learngrad again, which builds it: `pip install -e .` in the clone")
    return path.read_text("utf-8")


def publish(text: str, svg: str | None, view: Any, display_id: str, *,
            update: bool = False, page: str | None = None) -> None:
    """Show a live view with what stands in for it elsewhere, or show it anew in the same place.

    It is published as HTML with a picture in it, into which the front end moves the live drawing. A
    widget's own output would show nothing but an error in a notebook that is opened without its
    kernel: JupyterLab prefers it to any picture beside it.

    Parameters
    ----------
    text, svg : str
        The stand-ins: words, and a picture where there is one.
    view : GraphView, CurveView or None
        The widget; None where there is no live view.
    display_id : str
        Names the place.
    update : bool, default False
        Whether the place is there already.
    page : str, optional
        A page that steps by itself, where there is no live view.
    """
    from IPython.display import publish_display_data

    _note(view, display_id)
    data: dict[str, Any] = {"text/plain": text}
    if svg is not None:
        data["image/svg+xml"] = svg
    if view is not None:
        data["text/html"] = f'<div data-learngrad="{view.uid}">{_picture(text, svg)}</div>'
    elif page is not None:
        data["text/html"] = frame(page)
    publish_display_data(data, {}, transient={"display_id": display_id}, update=update)


def _picture(text: str, svg: str | None) -> str:
    """A picture that passes where HTML is cleaned of all that could act."""
    if svg is None:
        return f"<pre>{escape(text)}</pre>"
    said, code = escape(text.split("\n", 1)[0]), b64encode(svg.encode()).decode()
    return f'<img alt="{said}" src="data:image/svg+xml;base64,{code}">'


class _Shown(NamedTuple):
    """What a place of the notebook shows, and in which run of which cell it was made."""

    view: Any
    cell: str
    run: int


_shown: dict[str, _Shown] = {}


def _note(view: Any, display_id: str) -> None:
    """Remember what a place shows, and close what earlier runs of its cell showed.

    A cell that runs again throws its output away. Nobody tells the widgets in it, and ipywidgets
    keeps every widget of a kernel until it is closed.
    """
    if display_id in _shown:  # from wherever it is written anew: it stays in its cell
        _shown[display_id] = _shown[display_id]._replace(view=view)
        return
    shell = notebook()
    cell = cell_of(shell)
    if cell is None:  # this front end names no cells
        return
    run = shell.execution_count
    _shown[display_id] = _Shown(view, cell, run)
    for place, old in list(_shown.items()):
        if old.cell == cell and old.run != run:
            del _shown[place]
            others = (other.view for other in _shown.values())
            if old.view is not None and all(old.view is not other for other in others):
                old.view.close()
