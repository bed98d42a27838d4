"""A surface as data: for a file, for a view, for a page."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np

from learngrad.descent.forms import plain
from learngrad.descent.surface_words import describe, slice_words

if TYPE_CHECKING:
    from learngrad.descent.surface import Surface

__all__ = ["page", "state", "to_dict", "way"]


def _axes(surface: Surface) -> list[dict[str, Any]]:
    return [{"label": one.label, "words": one.words, "ends": list(map(float, surface.ends(k)))}
            for k, one in enumerate(surface.directions)]


def to_dict(surface: Surface) -> dict[str, Any]:
    """As `Surface.to_dict`."""
    found = surface.way()
    return plain({
        "title": surface.title, "axes": _axes(surface), "loss": surface.loss, "here": surface.here,
        "center": surface.center, "size": surface.size,
        "way": None if found is None else {**found._asdict(), "seen": found.seen}})


def state(surface: Surface) -> dict[str, Any]:
    """What a view draws it from: numbers as float64 bytes, row by row."""
    told, places = way(surface)
    return {
        "axes": _axes(surface), "size": surface.size, "side": surface.resolution,
        "finest": surface.finest, "center": list(map(float, surface.center)),
        "here": plain(surface.here), "words": describe(surface), "slice": slice_words(surface),
        "how": surface.how, "way": told, "places": places,
        "values": np.ascontiguousarray(surface.loss, dtype=np.float64).tobytes()}


def way(surface: Surface) -> tuple[dict[str, Any] | None, bytes]:
    """The way for a view: how many points, its last step, what is seen of it; and its places."""
    found = surface.way()
    if found is None:
        return None, b""
    return ({"steps": len(found.steps), "last": found.steps[-1], "seen": found.seen},
            np.ascontiguousarray(found.at, dtype=np.float64).tobytes())


def page(surface: Surface) -> dict[str, Any]:
    """As `Surface.page`."""
    data, (done, total, _) = state(surface), surface.progress()
    for name in ("values", "places"):
        data[name] = b64encode(data[name]).decode()
    return {**data, "problem": "",
            "status": {"done": done, "total": total, "seconds": 0, "running": False}}
