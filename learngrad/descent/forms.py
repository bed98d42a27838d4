"""The forms that a view of a descent has besides the live one: said once for all of them."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from learngrad.errors import ArgumentError, ArgumentTypeError, MissingDependency, a_kind_of
from learngrad.saving.files import replacing
from learngrad.trace.html import to_html

if TYPE_CHECKING:
    import matplotlib.axes
    import pandas

__all__ = ["Forms", "axes_for", "cross_out", "plain"]


class Forms:
    """Words, pictures, pages, tables and files of what is shown.

    Whoever inherits it knows the words (`describe`), the picture (`svg`), the data (`to_dict`), the
    table (`columns`) and the drawing for print (`to_matplotlib`); the rest follows.
    """

    title = "Descent"
    """The heading of its pages."""
    kind = ""
    """Names a page's script and the place that it draws in."""
    heading = ""
    """What that place is called, for who hears the page."""

    def describe(self) -> str:
        """It in words."""
        raise NotImplementedError

    def svg(self) -> str:
        """It as a static SVG picture, in light and dark."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON has it: NaN and infinities are strings."""
        raise NotImplementedError

    def to_matplotlib(self, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
        """Draw it with Matplotlib, for print."""
        raise NotImplementedError

    def columns(self) -> dict[str, Sequence[Any] | np.ndarray]:
        """The columns of its table, which `to_csv` and `to_dataframe` give; all of one length."""
        raise NotImplementedError

    def page(self) -> dict[str, Any]:
        """What a page without a kernel draws it from."""
        return self.to_dict()

    def paper(self) -> tuple[float, float]:
        """Width and height of its drawing for print, in inches."""
        return 6.4, 4.8

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """One HTML page to look at it, without a kernel or a network; also written to `path`.

        Parameters
        ----------
        path : str or path, optional
            Where to write it, whole or not at all.

        Returns
        -------
        str
            The page.

        Raises
        ------
        OSError
            If the file cannot be written; one that was there before is then as it was.
        """
        page = to_html(view=self, title=self.title)
        if path is not None:
            _write(_path(path), page.encode())
        return page

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            Its end says what is written: a picture (``.svg``, or, as `to_matplotlib` draws it,
            ``.png`` and ``.pdf``), a page to look at it (``.html``), data (``.json``), a table
            (``.csv``) or words (``.txt``).

        Returns
        -------
        pathlib.Path
            Where it was written.

        Raises
        ------
        ArgumentError
            If the name has another end.
        MissingDependency
            If it is a PNG or PDF and Matplotlib is not installed.
        OSError
            If the file cannot be written; one that was there before is then as it was.

        Examples
        --------
        >>> import tempfile, learngrad
        >>> race = learngrad.race("bowl", {"SGD": 0.1}, steps=20)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     race.save(f"{folder}/race.svg").name
        'race.svg'
        """
        place = _path(path)
        form = FORMS.get(place.suffix.lower())
        if form is None:
            raise ArgumentError(f"the name {place.name!r:.100} does not end in a form that "
                                f"{self.kind} can be saved in: {', '.join(FORMS)}",
                                fix=f'.save("{self.kind}.svg")')
        # Before the file is touched: what cannot be made leaves the old one.
        return _write(place, form(self))

    @overload
    def to_csv(self) -> str: ...
    @overload
    def to_csv(self, path: str | os.PathLike[str]) -> Path: ...
    def to_csv(self, path: str | os.PathLike[str] | None = None) -> Path | str:
        """Its table as CSV, a head and a row for each point: written to a file, or as text.

        Parameters
        ----------
        path : str or path, optional
            Where to write it, whole or not at all.

        Returns
        -------
        pathlib.Path or str
            Where it was written; without a path the text.

        Raises
        ------
        OSError
            If the file cannot be written; one that was there before is then as it was.
        """
        table = _csv(self)
        return table.decode() if path is None else _write(_path(path), table)

    def to_dataframe(self) -> pandas.DataFrame:
        """Its table as a pandas DataFrame, with the columns of `to_csv`.

        Raises
        ------
        MissingDependency
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingDependency("a DataFrame is pandas', which is not installed",
                                    fix="pip install pandas, or .to_csv(path)") from error
        return pandas.DataFrame(self.columns())


def _path(path: Any) -> Path:
    try:
        return Path(path)
    except TypeError as error:
        raise ArgumentTypeError(f"a file is named by a str or a path, not {a_kind_of(path)}",
                                fix='.save("picture.svg")') from error


def _write(path: Path, data: bytes) -> Path:
    with replacing(path) as file:
        file.write(data)
    return path


# ---- What is written -----------------------------------------------------------------------------

def plain(value: Any) -> Any:
    """Data as JSON has it: arrays are lists; NaN and infinities are strings."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else (
            "NaN" if value != value else "Infinity" if value > 0 else "-Infinity")
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def _csv(view: Forms) -> bytes:
    columns = view.columns()
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(columns)
    rows.writerows(zip(*(_cells(name, column) for name, column in columns.items())))
    return text.getvalue().encode("utf-8", "replace")


def _cells(name: str, column: Sequence[Any] | np.ndarray) -> Sequence[Any]:
    values = column.tolist() if isinstance(column, np.ndarray) else column
    if name == "step":  # counted, where nobody said otherwise
        return [int(at) if float(at).is_integer() else at for at in values]
    return values


def _printed(view: Forms, form: str) -> bytes:
    """Its drawing with Matplotlib as a file, without the windows of pyplot."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency(
            f"{form.upper()} is drawn by Matplotlib, which is not installed",
            fix="pip install matplotlib, or save it as .svg, which needs nothing") from error
    figure = Figure(figsize=view.paper(), layout="constrained", facecolor="white")
    view.to_matplotlib(figure.add_subplot())
    out = io.BytesIO()
    about = {"Title": view.title, **({"Description": view.describe(), "Software": None}
                                     if form == "png" else
                                     {"Subject": view.describe(), "CreationDate": None})}
    with warnings.catch_warnings():  # a letter that the font lacks is drawn as a box
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(out, format=form, dpi=200, metadata=about)
    return out.getvalue()


FORMS: dict[str, Callable[[Forms], bytes]] = {
    ".svg": lambda view: view.svg().encode(),
    ".png": lambda view: _printed(view, "png"),
    ".pdf": lambda view: _printed(view, "pdf"),
    ".html": lambda view: view.to_html().encode(),
    ".json": lambda view: (json.dumps(view.to_dict(), allow_nan=False) + "\n").encode(),
    ".csv": _csv,
    ".txt": lambda view: (view.describe() + "\n").encode(),
}


def axes_for(ax: Any, of: str = "plot", *, solid: bool = False,
             size: tuple[float, float] | None = None) -> Any:
    """These Axes, or new ones in a figure of their own; refused if they are of another kind.

    Parameters
    ----------
    ax : matplotlib Axes or None
    of : str
        What a user calls the view, for the way to mend it.
    solid : bool
        Whether it is a drawing in space.
    size : (float, float), optional
        Of a new figure, in inches.

    Raises
    ------
    MissingDependency
        If Matplotlib is not installed.
    ArgumentTypeError
        If `ax` is no Axes, or a flat one for a drawing in space or the other way round.
    """
    if ax is None:
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            raise MissingDependency("Matplotlib is not installed",
                                    fix=f"pip install matplotlib, or {of}.svg()") from error
        return plt.subplots(figsize=size, layout="constrained" if size else None,
                            subplot_kw={"projection": "3d"} if solid else None)[1]
    if not hasattr(ax, "get_xaxis_transform"):
        raise ArgumentTypeError(f"ax is {a_kind_of(ax)}, not Axes of Matplotlib",
                                fix=f"figure, ax = plt.subplots(); {of}.to_matplotlib(ax)")
    if solid != hasattr(ax, "plot_surface"):
        raise ArgumentTypeError(
            "these Axes are flat, and the surface is to stand in space" if solid else
            "these Axes are in space, and this drawing is flat",
            fix=('ax = plt.figure().add_subplot(projection="3d"); '
                 f'{of}.to_matplotlib(ax, kind="3d")') if solid else
            f"figure, ax = plt.subplots(); {of}.to_matplotlib(ax)")
    return ax


def cross_out(ax: Any, x: np.ndarray, colour: str) -> None:
    """A cross at the top of Axes for each of these places, where nothing is a number."""
    # Nothing at all where there is none: a line without points that is not clipped reaches, for
    # Matplotlib's layouts, to the corner of the figure.
    if len(x):
        ax.plot(x, np.full(len(x), 0.98), "x", color=colour, clip_on=False,
                transform=ax.get_xaxis_transform(), label="_not a number")
