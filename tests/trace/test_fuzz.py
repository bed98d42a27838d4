"""Traces from strangers: whatever is in a file, it is either drawn as text or refused in words."""

import copy
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learngrad.errors import TraceError
from learngrad.trace import schema
from learngrad.trace.account import describe
from learngrad.trace.boxes import boxes
from learngrad.trace.dot import to_dot
from learngrad.trace.html import to_html
from learngrad.trace.schema import MAX_PARTS, validate
from learngrad.trace.svg import to_svg
from learngrad.trace.words import sentences

EVIL = [
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    '"] n99 [label="x', "\\", '\\" ]', "\x00", "a\x00b", "\u202eevil\u202c", "\ud800", "\u2028",
    "]]>", "<!--", "-->", "&lt;", "%s{0}", "$\\frac{", "javascript:alert(1)", "x" * 9_999,
    "(" * 4_999 + ")" * 4_999, "🐱" * 60,
]
ODD = [None, True, False, 0, -1, 1, 2**53, 2**53 + 1, 10**400, 0.5, -0.0, 1e308, 5e-324,
       float("nan"), float("inf"), "NaN", "Infinity", "", [], {}, [[]], [None], [0, 0], [2, 0],
       {"shape": [], "values": [1]}, {"shape": [0], "values": []}, "x" * 10_001, *EVIL]


def nested(depth):
    made = []
    for _ in range(depth):
        made = [made]
    return made


def places(tree, path=()):
    """The way to every part of a trace."""
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) \
        if isinstance(tree, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from places(part, (*path, key))


def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


@st.composite
def damaged(draw, trace):
    """The trace with one to four changes anywhere in it."""
    made = copy.deepcopy(trace)
    for _ in range(draw(st.integers(1, 4))):
        everywhere = list(places(made))
        path = draw(st.sampled_from(everywhere))
        holder, key = at(made, path[:-1]), path[-1]
        match draw(st.sampled_from(["odd", "odd", "leave out", "twice", "elsewhere", "text"])):
            case "odd":
                holder[key] = copy.deepcopy(draw(st.sampled_from([*ODD, nested(60)])))
            case "leave out":
                del holder[key]
            case "twice" if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case "elsewhere":
                holder[key] = copy.deepcopy(at(made, draw(st.sampled_from(everywhere))))
            case _:
                holder[key] = draw(st.text(max_size=30))
    return made


def drawn(trace):
    """Every form of a trace; what may not be in them is not in them."""
    svg = to_svg(trace)
    page = to_html(trace)
    described = describe(trace)
    dot = to_dot(trace)
    boxes(trace)
    for i in range(len(trace["replays"])):
        list(sentences(trace, i))
    for text in (svg or "", page):
        text.encode()
        assert not re.search(r"<(img|iframe|object|embed|link|base)\b|<svg onload", text)
        assert not re.search(r"[\x00-\x08\u202a-\u202e\u2066-\u2069]", text)
    for text in (described, dot):
        text.encode()
        assert not re.search(r"[\x00-\x08\u202a-\u202e\u2066-\u2069]", text)
    # Nobody ended a script, nor began one.
    assert len(re.findall(r"</script", page, re.IGNORECASE)) == 3
    assert "<script" not in (svg or "")


@pytest.mark.parametrize("name", ["chain_rule", "network", "failed", "odd"])
def test_a_damaged_trace_is_drawn_or_refused(traces, name):
    trace = traces[name]()
    read, refused = [], []

    @settings(max_examples=200, deadline=None, derandomize=True,
              suppress_health_check=list(HealthCheck))
    @given(damaged(trace))
    def check(made):
        try:
            validate(made)
        except TraceError as error:
            refused.append(error)
        else:
            read.append(made)
            drawn(made)

    check()
    assert read  # else nothing was tried: what is drawn depends on what else is tested
    assert refused
    assert all(len(error.what) < 400 and error.fix for error in refused)


def texts_of(trace):
    """Every place where a stranger may write."""
    return [path for path in places(trace) if isinstance(at(trace, path), str)
            and path[-1] not in ("schema", "status", "kind")
            and not {"values", "min", "max"} & set(path)]


@pytest.mark.parametrize("evil", EVIL, ids=lambda text: ascii(text[:20]))
def test_evil_text_everywhere_is_text(traces, evil):
    for name in ("chain_rule", "failed"):
        trace = traces[name]()
        for path in texts_of(trace):
            at(trace, path[:-1])[path[-1]] = evil
        drawn(validate(trace))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: "{" + t)))
def test_any_bytes_are_refused_in_words(data):
    with pytest.raises(TraceError):
        schema.read(data)


def test_cut_and_flipped_files_are_refused_or_whole(traces):
    whole = json.dumps(traces["chain_rule"]()).encode()

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(st.integers(0, len(whole) - 1), st.integers(0, 255), st.booleans())
    def check(where, byte, cut):
        data = whole[:where] if cut else whole[:where] + bytes([byte]) + whole[where + 1:]
        try:
            trace = schema.read(data)
        except TraceError:
            return
        drawn(trace)

    check()


def test_a_file_of_nothing_but_brackets_takes_no_memory():
    with pytest.raises(TraceError, match="2,000,001 lists and objects"):
        schema.read("{" + "[]," * MAX_PARTS)
