"""The forms that a trace has besides the live view, as methods of what holds one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import graphviz

__all__ = ["Forms"]


class Forms:
    """Pictures, pages, files and words of the trace that `to_dict` gives."""

    def to_dict(self) -> dict[str, Any]:
        """The whole trace, as the schema has it."""
        raise NotImplementedError

    def describe(self) -> str:
        """The trace in words."""
        from learngrad.trace.account import describe
        return describe(self.to_dict())

    def svg(self) -> str | None:
        """The graph as an SVG picture; None where no Graphviz is installed."""
        from learngrad.trace.svg import to_svg
        return to_svg(self.to_dict())

    def to_html(self, path: Any = None, title: str = "learngrad", *, predict: bool = False) -> str:
        """The graph and its replay as one HTML page, also written to `path` if it is given.

        With `predict` the page asks for what comes next before it shows it.
        """
        from learngrad.trace.html import to_html, write_html
        if path is not None:
            write_html(path, self.to_dict(), title=title, predict=predict)
        return to_html(self.to_dict(), title=title, predict=predict)

    def to_dot(self) -> str:
        """The graph in DOT, Graphviz's language."""
        from learngrad.trace.dot import to_dot
        return to_dot(self.to_dict())

    def to_graphviz(self) -> graphviz.Source:
        """The graph as an object of the package graphviz, which `dot` draws where it is installed.

        Raises
        ------
        MissingDependency
            If the package is not installed.
        """
        from learngrad.trace.export import to_graphviz
        return to_graphviz(self.to_dict())

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the graph to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            Its end says what is written: a picture (``.svg``, ``.png``, ``.pdf``), a page that
            steps by itself (``.html``), the trace for `learngrad.show` (``.json``), DOT (``.dot``,
            ``.gv``) or words (``.txt``).

        Returns
        -------
        pathlib.Path
            Where it was written.

        Raises
        ------
        ArgumentError
            If the name has another end.
        MissingDependency
            If what draws the picture is not installed: Graphviz, for PNG and PDF also Matplotlib.
        OSError
            If the file cannot be written; one that was there before is then as it was.

        Examples
        --------
        >>> import tempfile, learngrad
        >>> with learngrad.record() as tape:
        ...     a = learngrad.tensor(2.0) * 3
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tape.save(f"{folder}/graph.svg").name
        'graph.svg'
        """
        from learngrad.trace.export import save
        return save(self.to_dict(), path)
