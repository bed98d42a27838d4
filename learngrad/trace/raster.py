"""Our SVG pictures as PNG and PDF, drawn by Matplotlib.

Matplotlib is where most learners have it already, runs everywhere Python does, and brings a font
along in which the boxes' text fits on every machine. It draws the words of SVG that our pictures
are made of, and nothing else, so that a picture is laid out and described in one place.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from learngrad.errors import MissingDependency
from learngrad.trace.text import cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["to_pdf", "to_png"]

PIXEL = 1 / 96  # of CSS, in inches
POINT = 0.75  # points to a pixel
ADVANCE = 0.602  # width of a letter of DejaVu Sans Mono, for its size
MOST_PIXELS = 40_000_000
"""A picture of a long graph is not drawn larger than this: it would take gigabytes."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PART = re.compile(r"([MLCZhv])([^MLCZhv]*)")
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def to_png(svg: str, scale: float = 2.0) -> bytes:
    """A picture as PNG on white.

    Parameters
    ----------
    svg : str
        One of our pictures.
    scale : float, default 2.0
        Pixels to a pixel of the picture; less where the picture would have more than 40 million.

    Raises
    ------
    MissingDependency
        If Matplotlib is not installed.
    """
    width, height = _size(ElementTree.fromstring(svg))
    return _save(svg, "png", min(scale, (MOST_PIXELS / (width * height)) ** 0.5,
                                 60_000 / max(width, height)))


def to_pdf(svg: str) -> bytes:
    """A picture as a page of PDF of its size, with text that can be searched.

    Raises
    ------
    MissingDependency
        If Matplotlib is not installed.
    """
    return _save(svg, "pdf", 1.0)


def _save(svg: str, form: str, scale: float) -> bytes:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency(
            f"{form.upper()} is drawn by Matplotlib, which is not installed",
            fix="pip install matplotlib, or save it as .svg, which needs nothing") from error
    root = ElementTree.fromstring(svg)
    width, height = _size(root)
    out = io.BytesIO()
    said = root.findtext("{*}desc")
    about = {"Title": root.findtext("{*}title"),
             **({"Description": said, "Software": None} if form == "png"
                else {"Subject": said, "CreationDate": None})}
    # Text stays text in a PDF; a letter that the font lacks is drawn as a box, without a warning.
    with rc_context({"pdf.fonttype": 42, "font.family": ["DejaVu Sans Mono"]}), \
            warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = Figure(figsize=(width * PIXEL, height * PIXEL), facecolor="white")
        ax = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
        ax.set_axis_off()
        _draw(ax, root, {}, 0.0, 0.0)
        figure.savefig(out, format=form, dpi=scale / PIXEL, metadata=about)
    return out.getvalue()


def _size(root: ElementTree.Element) -> tuple[float, float]:
    return float(root.get("width", 0)), float(root.get("height", 0))


def _draw(ax: Axes, element: ElementTree.Element, above: Mapping[str, str], x: float,
          y: float) -> None:
    """Draw an element and what is in it; `above` are the attributes that it has from outside."""
    from matplotlib import patches
    from matplotlib.path import Path

    kind = element.tag.rpartition("}")[2]
    own = {**above, **element.attrib}
    shift = own.pop("transform", None)
    if shift is not None:
        right, down = map(float, _NUMBER.findall(shift))
        x, y = x + right, y + down
    match kind:
        case "svg" | "g":
            for inner in element:
                _draw(ax, inner, own, x, y)
        case "rect":
            left, top, wide, high, round_by = (float(own.get(k, 0))
                                               for k in ("x", "y", "width", "height", "rx"))
            corner = min(round_by, wide / 2, high / 2)
            style = f"round,pad=0,rounding_size={corner}" if corner else "square,pad=0"
            ax.add_patch(patches.FancyBboxPatch((x + left, y + top), wide, high, boxstyle=style,
                                                **_paint(own)))
        case "polygon":
            numbers = [float(n) for n in _NUMBER.findall(own["points"])]
            corners = [(x + a, y + b) for a, b in zip(numbers[::2], numbers[1::2])]
            ax.add_patch(patches.Polygon(corners, closed=True, **_paint(own)))
        case "path":
            codes, points = zip(*_steps(own["d"], x, y))
            ax.add_patch(patches.PathPatch(Path(points, codes), **_paint(own)))
        case "text":
            _write(ax, element, own, x + float(own.get("x", 0)), y + float(own.get("y", 0)))
        case "title" | "desc" | "style":
            pass
        case _:
            raise NotImplementedError(f"a picture has a {kind}, which is not drawn here yet")


def _steps(d: str, x: float, y: float) -> Iterator[tuple[int, tuple[float, float]]]:
    """A path's corners with the codes that Matplotlib has for them."""
    codes = {"M": 1, "L": 2, "C": 4}
    at = (x, y)
    for letter, rest in _PART.findall(d):
        numbers = [float(n) for n in _NUMBER.findall(rest)]
        if letter in "hv":
            at = (at[0] + numbers[0], at[1]) if letter == "h" else (at[0], at[1] + numbers[0])
            yield 2, at
        elif letter == "Z":
            yield 79, at
        else:
            for a, b in zip(numbers[::2], numbers[1::2], strict=True):
                at = (x + a, y + b)
                yield codes[letter], at


def _paint(own: Mapping[str, str]) -> dict[str, Any]:
    line = float(own.get("stroke-width", 1)) * POINT
    dashes = own.get("stroke-dasharray")
    # Dashes count in widths of the line.
    style = (0, [float(n) * POINT / line for n in _NUMBER.findall(dashes)]) if dashes else "-"
    return {"facecolor": own.get("fill", "black"), "edgecolor": own.get("stroke", "none"),
            "linewidth": line if own.get("stroke") else 0, "linestyle": style,
            "alpha": float(own["opacity"]) if "opacity" in own else None, "clip_on": False}


def _write(ax: Axes, element: ElementTree.Element, own: Mapping[str, str], x: float,
           y: float) -> None:
    """A line of text: its runs stand one after another."""
    runs = [(element.text or "", own)]
    for inner in element:
        runs += [(inner.text or "", {**own, **inner.attrib}), (inner.tail or "", own)]
    size = float(own.get("font-size", 11))
    anchor = own.get("text-anchor", "start")
    widths = [cells(text) * ADVANCE * size for text, _ in runs]
    if len(runs) > 1:  # set from the left, each behind the one before
        x -= {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * sum(widths)
        anchor = "start"
    for (text, look), width in zip(runs, widths):
        if text:
            bold = int(look.get("font-weight", 400)) >= 600  # the font has two weights
            ax.text(x, y, text, ha=_ANCHORS[anchor], va="baseline", fontsize=size * POINT,
                    color=look.get("fill", "black"), weight="bold" if bold else "normal",
                    style=look.get("font-style", "normal"), parse_math=False, clip_on=False)
        x += width
