"""Small grey images as one static picture: no plotting library, legible on light and on dark."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError
from learngrad.tensor import Tensor

__all__ = ["Images", "show_images"]

SIDE = 72  # pixels of the longer side of an image in the picture
GAP, LINE = 12, 15
# Legible on white and on black: nobody tells a static picture which of them it lies on.
TEXT = "#757c85"
FONT = "system-ui, sans-serif"
GREYS = 32  # more than an eye tells apart in a picture this small
MAX_IMAGES, MAX_PIXELS = 200, 4096


class Images:
    """Images with a line or two under each; a notebook draws it, a terminal describes it."""

    def __init__(self, pixels: np.ndarray, labels: list[str], columns: int) -> None:
        self.pixels, self.labels, self.columns = pixels, labels, columns

    def svg(self) -> str:
        """The picture."""
        count, rows, columns = self.pixels.shape
        dot = SIDE / max(rows, columns)
        lines = max((label.count("\n") + 1 for label in self.labels if label), default=0)
        wide, high = columns * dot, rows * dot
        # The words under an image may be broader than the image.
        longest = max((len(line) for label in self.labels for line in label.split("\n")), default=0)
        step = max(wide, longest * 6.6) + GAP
        line_height = high + lines * LINE + GAP
        across = min(self.columns, count)
        size = across * step + GAP, -(-count // across) * line_height + GAP
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{size[0]:g}" '
                 f'height="{size[1]:g}" viewBox="0 0 {size[0]:g} {size[1]:g}" '
                 f'font-family="{FONT}" font-size="12" text-anchor="middle">',
                 f"<title>{escape(self.describe())}</title>"]
        for i, (image, label) in enumerate(zip(self.pixels, self.labels, strict=True)):
            x = GAP + i % across * step + (step - GAP - wide) / 2
            y = GAP + i // across * line_height
            parts.append(f'<g transform="translate({x:g} {y:g})">'
                         f'<rect width="{wide:g}" height="{high:g}" fill="#fff" stroke="{TEXT}"/>'
                         f'<g transform="scale({dot:g})" shape-rendering="crispEdges">')
            parts += _dots(image)
            parts.append("</g>")
            parts += [f'<text x="{wide / 2:g}" y="{high + 1 + (k + 0.8) * LINE:g}" fill="{TEXT}">'
                      f"{escape(line)}</text>" for k, line in enumerate(label.split("\n")) if line]
            parts.append("</g>")
        return "".join([*parts, "</svg>"])

    def describe(self) -> str:
        """The picture in words."""
        count, rows, columns = self.pixels.shape
        said = "1 image" if count == 1 else f"{count} images"
        words = [label.replace("\n", ", ") for label in self.labels]
        text = f"{said} of {rows}×{columns} pixels"
        return f"{text}: {'; '.join(words)}" if any(words) else text

    def __repr__(self) -> str:
        return self.describe()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": self.describe()}


def show_images(X: Any, labels: Any = None, *, columns: int = 10) -> Images:
    """Draw small grey images side by side, with words under each.

    It is drawn where it stands as the last line of a cell; elsewhere `display` it.

    Parameters
    ----------
    X : Tensor or array
        Images of shape [n, rows, columns], or square ones as rows of numbers, [n, pixels]. 0 is
        drawn as white paper, 1 as black ink; what lies outside is drawn as the nearer of the two.
        At most 200 images of 4,096 pixels.
    labels : sequence, optional
        What to write under each image: numbers, or text of one or two lines.
    columns : int, default 10
        Images side by side.

    Raises
    ------
    ShapeError
        If `X` holds no images, or there is not one label for each.
    ArgumentTypeError
        If `X` holds no real numbers, or `columns` is no whole number.
    ArgumentError
        If there are too many images or pixels, or `columns` is less than 1.

    Examples
    --------
    >>> import learngrad
    >>> X, y = learngrad.data.digits("test")
    >>> show_images(X[:3], y[:3])
    3 images of 8×8 pixels: 5; 0; 9
    """
    pixels = np.asarray(X.detach() if isinstance(X, Tensor) else X)
    if pixels.dtype.kind not in "fiub":
        raise ArgumentTypeError(f"images are made of numbers, and these are {pixels.dtype}",
                                fix="show_images(X[:10])")
    if pixels.ndim == 2:
        side = round(pixels.shape[1] ** 0.5)
        if side * side == pixels.shape[1]:
            pixels = pixels.reshape(len(pixels), side, side)
    if pixels.ndim != 3 or 0 in pixels.shape:
        raise ShapeError(f"{list(pixels.shape)} is no shape of images: give [n, rows, columns], or "
                         "[n, pixels] where the images are square",
                         fix="show_images(X[:1]) draws the first image alone")
    if isinstance(columns, bool) or not isinstance(columns, int):
        raise ArgumentTypeError(f"columns is a whole number, not {columns!r:.60}",
                                fix="show_images(X, y, columns=5)")
    if columns < 1:
        raise ArgumentError(f"{columns} columns hold no image", fix="show_images(X, y, columns=5)")
    if len(pixels) > MAX_IMAGES or pixels[0].size > MAX_PIXELS:
        raise ArgumentError(f"{len(pixels):,} images of {pixels[0].size:,} pixels are more than a "
                            f"page can show ({MAX_IMAGES} of {MAX_PIXELS:,})",
                            fix="show_images(X[:50], y[:50])")
    words = _words(labels, len(pixels))
    return Images(np.clip(np.nan_to_num(pixels.astype(np.float64)), 0, 1), words, columns)


def _words(labels: Any, count: int) -> list[str]:
    if labels is None:
        return [""] * count
    if isinstance(labels, (Tensor, np.ndarray)):
        labels = labels.tolist()
    words = [str(label) for label in labels] if isinstance(labels, Iterable) else [str(labels)]
    if isinstance(labels, str) or len(words) != count:
        given = "one text" if isinstance(labels, str) else len(words)
        raise ShapeError(f"{count} images need as many labels, and here is {given}",
                         fix="show_images(X[:10], y[:10])")
    return words


def _dots(image: np.ndarray) -> list[str]:
    """One path for each shade of grey, made of runs of equal pixels; paper needs no ink."""
    shades = np.rint(image * GREYS).astype(int)
    paths: dict[int, list[str]] = {}
    for row, line in enumerate(shades):
        edges = [0, *(np.flatnonzero(np.diff(line)) + 1).tolist(), len(line)]
        for begin, end in pairwise(edges):
            if line[begin]:
                paths.setdefault(int(line[begin]), []).append(
                    f"M{begin} {row}h{end - begin}v1h{begin - end}z")
    return [f'<path fill="{_grey(shade)}" d="{"".join(d)}"/>' for shade, d in sorted(paths.items())]


def _grey(shade: int) -> str:
    level = 255 - round(shade / GREYS * 235)
    return f"#{level:02x}{level:02x}{level:02x}"
