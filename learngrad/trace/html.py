"""One HTML file that shows a trace and its curves: from disk, without a network, without a kernel.

The page carries its data, the finished layout, a static picture that the live view replaces, the
same in words, and the front end's script. A strict content policy lets run only what was written
here (by its hash) and lets nothing be fetched: whatever stands in a trace is shown as text.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from learngrad.errors import ArgumentError, ArgumentTypeError, MissingDependency
from learngrad.saving.files import replacing
from learngrad.trace.account import describe
from learngrad.trace.layout import layouts
from learngrad.trace.packed import OPEN, deflated, packed, rounded
from learngrad.trace.paint import escaped
from learngrad.trace.questions import sheet
from learngrad.trace.rehearsal import veiled
from learngrad.trace.schema import validate
from learngrad.trace.svg import draw, to_svg
from learngrad.trace.text import elide, number
from learngrad.trace.words import sentences, summary

__all__ = ["to_html", "write_html"]

MAX_SAID = 400
"""Steps that are also written out in words; the script steps through all of them."""


def to_html(trace: Mapping[str, Any] | None = None, curves: Any = None,
            title: str = "learngrad", *, predict: bool = False, view: Any = None) -> str:
    """A stand-alone page.

    Parameters
    ----------
    trace : dict, optional
        A trace.
    curves : Curves or dict, optional
        Loss curves: ``{"series": [{"name", "x", "y"}]}``, or an object whose ``to_dict()`` is that.
    title : str, default "learngrad"
        Heading and title of the page, plain text.
    predict : bool, default False
        Whether the page asks for each next number, shape or node before it shows it. Its picture
        and its words then leave out what is asked for.
    view : Curves, Flow, Race or Surface, optional
        A view of a descent, which is then alone on the page; see `learngrad.descent.forms`.

    Returns
    -------
    str
        HTML. Numbers in it are rounded to 6 significant digits.

    Raises
    ------
    ArgumentError
        If there is neither a trace nor a curve nor another view.
    TraceError
        If the trace is damaged.
    MissingDependency
        If the front end's bundle was not built.
    """
    if (trace is None and curves is None) == (view is None):
        raise ArgumentError("there is nothing to put into a page",
                            fix="give a trace, curves, or both: `to_html(tape.to_dict())`")
    if trace is not None:
        trace = validate(trace)
    series = None if curves is None else _plain(curves)
    places = layouts(trace) if trace is not None else None
    found = places[0] if places else None
    data = {"title": title, "trace": trace, "layouts": places, "curves": series}
    if predict and trace is not None:
        data["questions"] = sheet(trace)
    # What draws curves is large, and only in pages that have some.
    bundle = "page.js" if curves is not None else "graph-page.js"
    if view is not None:
        data[view.kind], bundle = view.page(), _SCRIPTS.get(view.kind, f"{view.kind}-page.js")
    code = _bundle(bundle)
    body = "\n".join([
        f"<header><h1>{escaped(elide(title, 200))}</h1>{_opening(trace)}</header>", "<main>",
        *_graph(veiled(trace, forward=True) if predict and trace else trace, found),
        _curves(curves, series), _alone(view), "</main>",
        "<footer>Drawn by learngrad. The page needs no network.</footer>",
        *(f'<script type="application/octet-stream" id="learngrad-{name}">{deflated(text)}</script>'
          for name, text in (("data", packed(data)), ("code", code))),
        f"<script>{OPEN}</script>"])
    css = files("learngrad").joinpath("trace", "page.css").read_text("utf-8")
    return _PAGE.format(policy=_policy([OPEN, code], [css, *_STYLES.findall(body)]),
                        title=escaped(elide(title, 200)), css=css, body=body)


def write_html(path: str | os.PathLike[str], trace: Mapping[str, Any] | None = None,
               curves: Any = None, title: str = "learngrad", *, predict: bool = False,
               view: Any = None) -> Path:
    """Write the page of `to_html` to a file, whole or not at all.

    Returns
    -------
    pathlib.Path
        Where it was written.

    Raises
    ------
    OSError
        If the file cannot be written; a file that was there before is then as it was.
    """
    page = to_html(trace, curves, title, predict=predict, view=view).encode()
    with replacing(path) as file:
        file.write(page)
    return Path(path)


# The parts of the page ---------------------------------------------------------------------------

_STYLES = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _opening(trace: Mapping[str, Any] | None) -> str:
    return "" if trace is None else f'<p class="said">{escaped(summary(trace))}</p>'


def _graph(trace: Mapping[str, Any] | None, found: Mapping[str, Any] | None) -> Iterator[str]:
    if trace is None:
        return
    picture = draw(trace, found) if found and trace["nodes"] else to_svg(trace)
    replays = trace["replays"]
    yield f"<section><h2>{'The graph and its replay' if replays else 'The graph'}</h2>"
    yield f'<div id="learngrad-graph"><div class="static">{picture or _NO_PICTURE}</div></div>'
    yield _folded("In words", f"<pre>{escaped(describe(trace))}</pre>")
    for i, replay in enumerate(replays[:5]):
        if len(replay["steps"]) <= MAX_SAID:
            items = "".join(f"<li>{escaped(said)}</li>" for said in sentences(trace, i))
            which = f"Backward replay {i + 1}" if len(replays) > 1 else "The backward replay"
            yield _folded(f"{which}, step by step", f"<ol>{items}</ol>")
    yield "</section>"


_NO_PICTURE = ("<p>No picture without Graphviz: install the extra "
               "<code>learngrad-lab[demo]</code>. The words below say the same.</p>")


def _curves(curves: Any, series: Mapping[str, Any] | None) -> str:
    if series is None:
        return ""
    draw_curves = getattr(curves, "svg", None)
    return _section("<section><h2>The descent</h2>", "curves",
                    draw_curves() if draw_curves is not None else _last_values(series),
                    curves.describe() if hasattr(curves, "describe") else "")


_SCRIPTS = {"curves": "page.js"}


def _alone(view: Any) -> str:
    # The page's own heading is enough.
    return "" if view is None else _section(
        f'<section aria-label="{escaped(view.heading)}">', view.kind, view.svg(), view.describe())


def _section(opening: str, kind: str, picture: str, words: str) -> str:
    said = _folded("In words", f"<pre>{escaped(words)}</pre>") if words else ""
    return (f"{opening}\n"
            f'<div id="learngrad-{kind}"><div class="static">{picture}</div></div>\n'
            f"{said}</section>")


def _last_values(series: Mapping[str, Any]) -> str:
    ends = (f"{one['name']}: {len(one['y'])} points"
            + (f", from {number(one['y'][0])} to {number(one['y'][-1])}" if one["y"] else "")
            for one in series["series"])
    return "".join(f"<p>{escaped(elide(end, 200))}</p>" for end in ends)


def _folded(heading: str, inner: str) -> str:
    return (f'<details class="told"><summary>{escaped(heading)}</summary>'
            f'<div tabindex="0">{inner}</div></details>')


# What goes in safely -----------------------------------------------------------------------------

def _bundle(name: str) -> str:
    script = files("learngrad").joinpath("widgets", "static", name)
    if not script.is_file():
        raise MissingDependency(
            f"the page's script (learngrad/widgets/static/{name}) was not built",
            fix="install learngrad again, which builds it: `pip install -e .` in the clone")
    return script.read_text("utf-8")


def _plain(curves: Any) -> dict[str, Any]:
    """Curves as plain lists, whatever arrays they came in."""
    give = getattr(curves, "page", None) or getattr(curves, "to_dict", None)
    data = curves if give is None else give()
    if not isinstance(data, Mapping) or "series" not in data:
        raise ArgumentTypeError(
            f"curves are a Curves object or a dict with \"series\", not {type(curves).__name__}",
            fix='{"series": [{"name": "loss", "x": [0, 1], "y": [2.3, 1.9]}]}')
    return {**data, "series": [{**one, "name": str(one["name"]),
                                # A step is not rounded: a million of them are a million places.
                                "x": [v if isinstance(v, int) else rounded(float(v))
                                      for v in one["x"]],
                                "y": [rounded(float(v)) for v in one["y"]]}
                               for one in data["series"]]}


def _policy(scripts: list[str], styles: list[str]) -> str:
    return (f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; "
            "img-src data: blob:; base-uri 'none'; form-action 'none'")


def _hashes(texts: list[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in dict.fromkeys(texts))
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
