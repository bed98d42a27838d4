"""What is seen in a notebook: the live graph and its replay, the live curves. Thin on this side."""

from learngrad.widgets.display import Tape, record, show
from learngrad.widgets.plot import LivePlot

__all__ = ["LivePlot", "Tape", "record", "show"]
