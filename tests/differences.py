"""Where learngrad differs from PyTorch on purpose: ``core/differences.toml``, with the reasons."""

import fnmatch
import tomllib
from pathlib import Path

ALL = tomllib.loads((Path(__file__).parent / "core" / "differences.toml").read_text("utf-8"))


def find(topic, case):
    """The difference that is known for a case (a name with / between its parts), or None."""
    return next((d for d in ALL.get(topic, ())
                 if any(fnmatch.fnmatchcase(case, pattern) for pattern in d["cases"])), None)
