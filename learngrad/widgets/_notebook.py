"""Where we are: a notebook that shows live views, or a plain program."""

from __future__ import annotations

import sys
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from learngrad.errors import MissingDependency

__all__ = ["has_widgets", "notebook", "publish", "script"]

WIDGET = "application/vnd.jupyter.widget-view+json"


def notebook() -> Any:
    """The running IPython shell if it belongs to a notebook's kernel, else None."""
    # IPython that was never imported cannot be running: it is not imported to find out.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None


def has_widgets() -> bool:
    """Whether the packages of live views are installed."""
    return find_spec("anywidget") is not None


def script(name: str) -> str:
    """One of the front end's built files, as text."""
    path = files("learngrad").joinpath("widgets", "static", name)
    if not path.is_file():
        raise MissingDependency(
            f"the front end (learngrad/widgets/static/{name}) was not built",
            fix="install learngrad again, which builds it: `pip install -e .` in the clone")
    return path.read_text("utf-8")


def publish(text: str, svg: str | None, model_id: str | None, display_id: str, *,
            update: bool = False) -> None:
    """Show a live view with what stands in for it elsewhere, or show it anew in the same place.

    Parameters
    ----------
    text, svg : str
        The stand-ins: words, and a picture where there is one.
    model_id : str or None
        The widget; None where there is no live view.
    display_id : str
        Names the place.
    update : bool, default False
        Whether the place is there already.
    """
    from IPython.display import publish_display_data

    data: dict[str, Any] = {"text/plain": text}
    if svg is not None:
        data["image/svg+xml"] = svg
    if model_id is not None:
        data[WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": model_id}
    publish_display_data(data, {}, transient={"display_id": display_id}, update=update)
