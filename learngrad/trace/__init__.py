"""What happened, as plain data: the recorder, its schema, and the pictures drawn from it."""

from learngrad.trace.recorder import Recorder, from_graph
from learngrad.trace.rehearsal import rehearse, sentences

__all__ = ["Recorder", "from_graph", "rehearse", "sentences"]
