"""What is public says what it does, shows it, and says where PyTorch does it otherwise."""

import fnmatch
import inspect

import pytest

import learngrad as lg
import learngrad.nn.functional
from learngrad import errors
from tests import differences

PLACES = {
    "learngrad": vars(lg), "nn.functional": vars(lg.nn.functional), "linalg": vars(lg.linalg),
    "autograd": vars(lg.autograd), "autograd.functional": vars(lg.autograd.functional),
    "cuda": vars(lg.cuda),
}
ELSEWHERE = "learngrad.widgets", "learngrad.trace", "learngrad.descent", "learngrad.errors"
ERRORS = [getattr(errors, name) for name in errors.__all__] + [lg.autograd.GradcheckError]


def documented():
    """Each public function and class of these places once, by its longest name."""
    found = {}
    for place, members in PLACES.items():
        for name in members.get("__all__", members):
            thing = members[name]
            if "_" in (name[0], name[-1]) or not (
                    inspect.isfunction(thing) or inspect.isclass(thing)):
                continue
            if thing.__module__.startswith("learngrad") and not (
                    thing.__module__.startswith(ELSEWHERE) or thing in ERRORS):
                found[f"{place}.{name}"] = thing
    return found


DOCUMENTED = documented()


def test_most_of_it_is_looked_at():
    assert len(DOCUMENTED) > 350


@pytest.mark.parametrize("name", DOCUMENTED)
def test_an_example_is_shown(name):
    text = inspect.getdoc(DOCUMENTED[name]) or ""
    assert text.split("\n")[0].rstrip().endswith((".", ":", "!")), "a first line that is a sentence"
    assert "Examples\n--------\n" in text
    assert ">>> " in text.split("Examples\n--------\n")[1]


def members(cls):
    return {name: inspect.getattr_static(cls, name) for name in dir(cls) if name[0] != "_"}


@pytest.mark.parametrize("cls", [lg.Tensor, lg.Size, lg.device, lg.Generator, lg.nn.Module],
                         ids=lambda cls: cls.__name__)
def test_every_method_says_what_it_does(cls):
    silent = [name for name, thing in members(cls).items()
              if (inspect.isfunction(thing) or isinstance(thing, property))
              and not inspect.getdoc(thing)]
    assert not silent


def names_of(case):
    """The functions that a difference is about: ``nn.functional.conv*/int64/refused``."""
    pattern = case.partition("/")[0]
    space, _, last = pattern.rpartition(".")
    if space in ("nn.functional", "linalg"):
        offered, pattern = PLACES[space], last
    else:  # a variant stands behind a point: max.binary
        offered, pattern = vars(lg), pattern.partition(".")[0]
    if pattern == "*" or case.endswith("/crashed"):  # of everything, or of the comparison alone
        return []
    return [offered[name] for name in fnmatch.filter(offered, pattern)
            if inspect.isfunction(offered[name])]


def different():
    return sorted({(function.__name__, entry["why"], function)
                   for topic in ("dtypes", "opinfo") for entry in differences.ALL[topic]
                   for case in entry["cases"] for function in names_of(case)},
                  key=lambda found: found[:2])


@pytest.mark.parametrize(("name", "why", "function"), different(),
                         ids=lambda value: value if isinstance(value, str) else "")
def test_a_difference_is_told(name, why, function):
    assert "PyTorch:" in inspect.getdoc(function), why


def test_differences_are_found():
    told = {name for name, _, _ in different()}
    assert {"sub", "maximum", "topk", "conv2d", "svd", "rand"} <= told


def test_every_error_says_what_it_is_for():
    for name in errors.__all__:
        assert inspect.getdoc(getattr(errors, name))
