"""What every live view has: a name, a place to be closed, and the code that draws it, sent once.

A browser keeps a copy of a widget's module for every widget there ever was. So what draws travels
in a widget of its own, once a kernel, and a view's module only finds it.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import anywidget
import traitlets

from learngrad.widgets._notebook import script

__all__ = ["View"]

_CODE = script("front.js")
_VERSION = hashlib.sha256(_CODE.encode()).hexdigest()[:16]


class Front(anywidget.AnyWidget):
    """Carries what draws the views to the browser. Nobody sees it."""

    _esm = _CODE
    version = traitlets.Unicode(_VERSION).tag(sync=True)


_front: Front | None = None


def front() -> Front:
    """The front's carrier of this kernel, made when it is first needed."""
    global _front
    if _front is None or _front.comm is None:
        _front = Front()
    return _front


class View(anywidget.AnyWidget):
    """A live view; `kind` names what draws it, ``"graph"`` or ``"plot"``."""

    _esm = script("view.js")
    uid = traitlets.Unicode().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    front = traitlets.Unicode().tag(sync=True)
    version = traitlets.Unicode(_VERSION).tag(sync=True)

    def __init__(self, kind: str, **state: Any) -> None:
        super().__init__(uid=uuid.uuid4().hex, kind=kind,
                         front=f"IPY_MODEL_{front().model_id}", **state)

    def close(self) -> None:
        """Close it, and the layout that comes with each widget."""
        self.layout.close()
        super().close()
