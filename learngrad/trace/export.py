"""A trace as a file: the form follows from the name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learngrad.errors import ArgumentError, MissingDependency
from learngrad.saving.files import pathed, replacing
from learngrad.trace.account import describe
from learngrad.trace.dot import to_dot
from learngrad.trace.html import to_html
from learngrad.trace.raster import to_pdf, to_png
from learngrad.trace.svg import to_svg

if TYPE_CHECKING:
    import graphviz

__all__ = ["FORMS", "save", "to_graphviz"]


def save(trace: Mapping[str, Any], path: str | os.PathLike[str]) -> Path:
    """As `Recorder.save`, of a trace that is plain data already."""
    path = pathed(path)
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise ArgumentError(f"the name {path.name!r:.100} does not end in a form that a graph can "
                            f"be saved in: {', '.join(FORMS)}", fix='tape.save("graph.svg")')
    data = form(trace)  # before the file is touched: what cannot be made leaves the old one
    with replacing(path) as file:
        file.write(data)
    return path


def to_graphviz(trace: Mapping[str, Any]) -> graphviz.Source:
    """As `Recorder.to_graphviz`, of a trace that is plain data already."""
    try:
        import graphviz
    except ImportError as error:
        raise MissingDependency("a graphviz.Source needs the package graphviz, which is not "
                                "installed", fix="pip install graphviz, or tape.to_dot() for the "
                                                 "text alone") from error
    return graphviz.Source(to_dot(trace))


def picture(trace: Mapping[str, Any]) -> str:
    """The graph as SVG, where something can lay it out."""
    svg = to_svg(trace)
    if svg is None:
        raise MissingDependency(
            "there is no Graphviz to lay the graph out with",
            fix="pip install graphviz-pure (or the extra learngrad-lab[demo]); .dot, .json, .html "
                "and .txt need none")
    return svg


def _json(trace: Mapping[str, Any]) -> str:
    return json.dumps(trace, allow_nan=False) + "\n"


FORMS: dict[str, Callable[[Mapping[str, Any]], bytes]] = {
    ".svg": lambda trace: picture(trace).encode(),
    ".png": lambda trace: to_png(picture(trace)),
    ".pdf": lambda trace: to_pdf(picture(trace)),
    ".dot": lambda trace: to_dot(trace).encode(),
    ".gv": lambda trace: to_dot(trace).encode(),
    ".html": lambda trace: to_html(trace).encode(),
    ".json": lambda trace: _json(trace).encode(),
    ".txt": lambda trace: (describe(trace) + "\n").encode(),
}
