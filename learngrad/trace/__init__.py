"""What happened, as plain data: the recorder, its schema, and the pictures drawn from it."""

import sys
import types
from typing import Any

from learngrad.trace.recorder import Recorder, from_graph
from learngrad.trace.rehearsal import rehearse, sentences

__all__ = ["Recorder", "from_graph", "rehearse", "sentences"]


class _Trace(types.ModuleType):
    """PyTorch's ``trace(matrix)`` has this module's name."""

    def __call__(self, input: Any) -> Any:
        from learngrad.ops.diagonal import trace

        return trace(input)


sys.modules[__name__].__class__ = _Trace
