"""The views' style sheets: a page adopts all of them, so one must not reach into another's view."""

import re
from pathlib import Path

import learngrad

VIEWS = Path(learngrad.__file__).parent / "widgets/js/views"


def unscoped(sheet):
    """The classes that a sheet gives a look wherever they stand."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    found = set()
    for selectors in re.findall(r"([^{}@;]+)\{", text):
        for selector in re.split(r",(?![^(]*\))", selectors):
            first = re.fullmatch(r"(\.lg-[\w-]+)(?:[.:\[][^\s>+~]*)?", selector.strip())
            if first:
                found.add(first[1])
    return found


def test_no_two_sheets_give_one_class_a_look():
    looks = {}
    for sheet in sorted(VIEWS.glob("*.css")):
        for name in unscoped(sheet):
            looks.setdefault(name, []).append(sheet.name)
    assert len(looks) > 100
    shared = {name: sheets for name, sheets in looks.items() if len(sheets) > 1}
    assert shared.keys() <= {".lg-root"}, shared
