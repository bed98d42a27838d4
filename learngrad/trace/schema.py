"""Reading a trace: what is checked before anything is drawn from it.

A trace may come from a file, another engine or a stranger, so a reader takes nothing on trust:
``schema.json`` says what each member looks like (one written truth; the few JSON Schema keywords
it uses are turned into checks here, so no package is needed at run time), and `validate` adds what
a schema cannot say: that ids rise, that edges lead backwards, that what is named exists.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

from learngrad.errors import TraceError

__all__ = ["MAX_BYTES", "SCHEMA_NAME", "VERSION", "load_schema", "read", "validate"]

SCHEMA_NAME, VERSION = "learngrad-trace", 1
MAX_BYTES = 32_000_000
FIX = "record it again, or ask whoever wrote it for a trace that follows learngrad/trace/schema.json"

Check = Callable[[Any], None]


class _Bad(Exception):
    """Something does not fit; `path` is gathered on the way out, so that a good trace is quick."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.path: list[str | int] = []


def load_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of version 1, as a fresh dict.

    Examples
    --------
    >>> load_schema()["properties"]["version"]
    {'const': 1}
    """
    text = files("learngrad").joinpath("trace", "schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def read(source: str | bytes | PathLike[str]) -> dict[str, Any]:
    """Read a trace and validate it.

    Parameters
    ----------
    source : str, bytes or path
        JSON text, or the path of a file that holds it. Text that begins with ``{`` is JSON.

    Raises
    ------
    TraceError
        If it is too large, not JSON, or not a trace of this version.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> trace = read('{"schema": "learngrad-trace", "version": 1, "revision": 0,'
    ...              ' "status": "done", "sources": [], "nodes": [], "replays": []}')
    >>> trace["nodes"]
    []
    """
    if isinstance(source, str) and not source.lstrip("\ufeff \t\r\n").startswith("{"):
        source = Path(source)
    if isinstance(source, PathLike):
        path = Path(source)
        _check_size(path.stat().st_size)
        source = path.read_bytes()
    _check_size(len(source))
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source.lstrip("\ufeff")
        trace = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise TraceError(f"the trace is not UTF-8 text: {error}", fix=FIX) from error
    except RecursionError as error:
        raise TraceError("the trace is nested too deeply to be one", fix=FIX) from error
    except ValueError as error:
        if isinstance(error, TraceError):
            raise
        raise TraceError(f"the trace is not JSON: {error}", fix=FIX) from error
    return validate(trace)


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise TraceError(f"the trace has {size:,} bytes, and a reader takes at most {MAX_BYTES:,}",
                         fix="record fewer operations, for instance one training step")


def _refuse_constant(name: str) -> None:
    raise TraceError(f'the trace has a bare {name}, which is not JSON: write "{name}" in quotes',
                     fix=FIX)


def validate(trace: Any) -> dict[str, Any]:
    """Check a trace and return it.

    Parameters
    ----------
    trace : dict
        A trace as plain data. Members that version 1 does not know are left alone.

    Returns
    -------
    dict
        The same object.

    Raises
    ------
    TraceError
        With the place and what is wrong there.

    Examples
    --------
    >>> try:
    ...     validate({"schema": "learngrad-trace", "version": 2})
    ... except TraceError as error:
    ...     print(error.what)
    the trace has version 2, and this learngrad reads version 1
    """
    if not isinstance(trace, dict):
        raise TraceError(f"a trace is a JSON object, and this is {_kind(trace)}", fix=FIX)
    if trace.get("schema") != SCHEMA_NAME:
        raise TraceError(f'this is not a trace: its "schema" is {_show(trace.get("schema"))}, '
                         f'not "{SCHEMA_NAME}"', fix=FIX)
    version = trace.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise TraceError(f"the trace has version {_show(version)}, and this learngrad reads "
                         f"version {VERSION}", fix=f"update learngrad, or write the trace as version {VERSION}")
    try:
        _checks()(trace)
        _references(trace)
    except _Bad as bad:
        at = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in reversed(bad.path))
        raise TraceError(f"the trace is damaged: {at.lstrip('.') or 'it'} {bad.what}",
                         fix=FIX) from None
    return trace


# What a schema cannot say ------------------------------------------------------------------------

def _references(trace: dict[str, Any]) -> None:
    sources = _each("sources", trace["sources"], _unique_id, set())
    outputs: dict[int, int] = {}
    _each("nodes", trace["nodes"], _node, outputs, sources, [-1])
    _each("replays", trace["replays"], _replay, {n["id"]: n for n in trace["nodes"]}, outputs)


def _each(name: str, items: list[Any], check: Callable[..., None], *known: Any) -> Any:
    """Check every item, and say which one was wrong."""
    for i, item in enumerate(items):
        try:
            check(item, *known)
        except _Bad as bad:
            bad.path += [i, name]
            raise
    return known[0]


def _unique_id(source: dict[str, Any], known: set[int]) -> None:
    if source["id"] in known:
        raise _Bad(f"has the id {source['id']}, which an earlier one has already")
    known.add(source["id"])


def _node(node: dict[str, Any], outputs: dict[int, int], sources: set[int],
          last: list[int]) -> None:
    own = node["id"]
    if own in outputs:
        raise _Bad(f"has the id {own}, which an earlier node has already")
    if own < last[0]:
        raise _Bad(f"has the id {own} after {last[0]}: ids rise in order of creation")
    last[0] = own
    for edge in node["edges"]:
        if edge is not None:
            _edge(edge, own, outputs)
    if node["shape"] is None and node["status"] != "failed":
        raise _Bad("has no shape, though it did not fail")
    if node["kind"] == "operation" and node["op"] is None:
        raise _Bad("is an operation and does not say which")
    src = node.get("src")
    if src is not None and src["source"] not in sources:
        raise _Bad(f"comes from source {src['source']}, which the trace does not have")
    if "operands" in node and len(node["operands"]) != len(node["edges"]):
        raise _Bad(f"has {len(node['edges'])} edges and {len(node['operands'])} operands")
    outputs[own] = max(1, len(node.get("outputs", ())))


def _edge(edge: list[int], own: int, outputs: dict[int, int]) -> None:
    origin, slot = edge
    if origin >= own:
        raise _Bad(f"has an edge to node {origin}, which is not older than itself ({own}): "
                   "that would be a cycle")
    if origin not in outputs:
        raise _Bad(f"has an edge to node {origin}, which the trace does not have")
    if slot >= outputs[origin]:
        raise _Bad(f"has an edge to output {slot} of node {origin}, which has {outputs[origin]}")


def _replay(replay: dict[str, Any], nodes: dict[int, Any], outputs: dict[int, int]) -> None:
    if replay["root"] not in nodes:
        raise _Bad(f"begins at node {replay['root']}, which the trace does not have")
    _each("steps", replay["steps"], _step, nodes, outputs)


def _step(step: dict[str, Any], nodes: dict[int, Any], outputs: dict[int, int]) -> None:
    node = nodes.get(step["node"])
    if node is None:
        raise _Bad(f"is at node {step['node']}, which the trace does not have")
    if len(step["upstream"]) > outputs[node["id"]]:
        raise _Bad(f"has {len(step['upstream'])} gradients for the {outputs[node['id']]} "
                   f"outputs of node {node['id']}")
    for contribution in step["contributions"]:
        operand = contribution["operand"]
        if operand >= len(node["edges"]):
            raise _Bad(f"gives to operand {operand} of node {node['id']}, "
                       f"which has {len(node['edges'])}")
        if contribution["to"] != node["edges"][operand]:
            raise _Bad(f"gives to {contribution['to']}, but operand {operand} of node "
                       f"{node['id']} came from {node['edges'][operand]}")


def _fits_its_shape(preview: dict[str, Any]) -> None:
    values, tile = preview.get("values"), preview.get("tile")
    if values is not None and len(values) != math.prod(preview["shape"]):
        raise _Bad(f"has {len(values)} values for the shape {preview['shape']}")
    if values is None and tile is None:
        raise _Bad('has neither "values" nor "tile"')
    if tile is not None and len(tile["values"]) != tile["rows"] * tile["columns"]:
        raise _Bad(f"has a tile of {tile['rows']}×{tile['columns']} with "
                   f"{len(tile['values'])} values")


# The schema, turned into checks ------------------------------------------------------------------

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,),
    "null": (type(None),), "integer": (int,), "number": (int, float),
}
_WORDS = {"object": "an object", "array": "a list", "string": "text", "boolean": "true or false",
          "null": "null", "integer": "a whole number", "number": "a number"}


@cache
def _checks() -> Check:
    schema = load_schema()
    made: dict[str, Check] = {}

    def reference(name: str) -> Check:
        if name not in made:
            made[name] = _compile(schema["$defs"][name.removeprefix("#/$defs/")], reference)
            if name == "#/$defs/preview":
                made[name] = _both(made[name], _fits_its_shape)
        return made[name]

    return _compile(schema, reference)


def _compile(schema: Mapping[str, Any], reference: Callable[[str], Check]) -> Check:
    """One function that runs the checks of this schema in order."""
    checks: list[Check] = []
    for keyword, wanted in schema.items():
        match keyword:
            case "$schema" | "$defs" | "title" | "description" | "items" | "additionalProperties":
                pass  # the last two belong to "type"
            case "$ref":
                checks.append(reference(wanted))
            case "type":
                checks.append(_type([wanted] if isinstance(wanted, str) else wanted))
            case "const":
                checks.append(_one_of([wanted]))
            case "enum":
                checks.append(_one_of(wanted))
            case "anyOf":
                checks.append(_any_of(wanted, reference))
            case "required":
                checks.append(_required(wanted))
            case "properties":
                checks.append(_members({k: _compile(v, reference) for k, v in wanted.items()}))
            case "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems":
                checks.append(_bound(keyword, wanted))
            case _:
                raise NotImplementedError(f"schema.json uses {keyword}, which is not read here")
    # After the bounds: a list that is too long is refused before its items are looked at.
    if "items" in schema:
        checks.append(_items(_compile(schema["items"], reference)))
    if "additionalProperties" in schema:
        checks.append(_values(_compile(schema["additionalProperties"], reference)))
    return checks[0] if len(checks) == 1 else _both(*checks)


def _both(*checks: Check) -> Check:
    def check(value: Any) -> None:
        for one in checks:
            one(value)
    return check


def _type(names: list[str]) -> Check:
    wanted = tuple(t for name in names for t in _TYPES[name])
    words = " or ".join(_WORDS[name] for name in names)

    def check(value: Any) -> None:
        # A boolean is an int in Python and is none in JSON.
        if not isinstance(value, wanted) or (value.__class__ is bool and bool not in wanted):
            raise _Bad(f"is {_kind(value)}, not {words}")
        if value.__class__ is float and not math.isfinite(value):
            raise _Bad(f'is a bare {value}: write "NaN", "Infinity" or "-Infinity"')
        if value.__class__ is int and abs(value) > 1e308:
            raise _Bad("is a number with more digits than a float64 holds")
    return check


def _one_of(allowed: list[Any]) -> Check:
    def check(value: Any) -> None:
        if not any(value == a and value.__class__ is a.__class__ for a in allowed):
            raise _Bad(f"is {_show(value)}, not {' or '.join(map(_show, allowed))}")
    return check


def _any_of(schemas: list[Mapping[str, Any]], reference: Callable[[str], Check]) -> Check:
    choices = [_compile(schema, reference) for schema in schemas]

    def check(value: Any) -> None:
        first: _Bad | None = None
        for choice in choices:
            try:
                return choice(value)
            except _Bad as bad:
                # The first choice is the usual one: its complaint says most.
                first = first or bad
        raise first or _Bad("fits nothing")
    return check


def _required(names: list[str]) -> Check:
    def check(value: Any) -> None:
        for name in names:
            if name not in value:
                raise _Bad(f'has no "{name}"')
    return check


def _members(members: Mapping[str, Check]) -> Check:
    def check(value: dict[str, Any]) -> None:
        for name, one in members.items():
            if name in value:
                try:
                    one(value[name])
                except _Bad as bad:
                    bad.path.append(name)
                    raise
    return check


def _items(item: Check) -> Check:
    def check(value: list[Any]) -> None:
        i = 0
        try:
            for i, one in enumerate(value):
                item(one)
        except _Bad as bad:
            bad.path.append(i)
            raise
    return check


def _values(item: Check) -> Check:
    def check(value: dict[str, Any]) -> None:
        for name, one in value.items():
            try:
                item(one)
            except _Bad as bad:
                bad.path.append(name[:40])
                raise
    return check


def _bound(keyword: str, limit: int) -> Check:
    low = keyword.startswith("min")
    size = (lambda v: v) if keyword in ("minimum", "maximum") else len
    unit = {"Length": " characters", "Items": " items"}.get(keyword[3:], "")

    def check(value: Any) -> None:
        if (size(value) < limit) if low else (size(value) > limit):
            raise _Bad(f"has {size(value):,}{unit}, and {'at least' if low else 'at most'} "
                       f"{limit:,} are allowed" if unit else
                       f"is {_show(value)}, and {'at least' if low else 'at most'} {limit} is allowed")
    return check


def _kind(value: Any) -> str:
    for name, types in _TYPES.items():
        if value.__class__ in types:
            return _WORDS[name] if name != "boolean" else _show(value)
    return f"a Python {type(value).__name__}"


def _show(value: Any) -> str:
    if value.__class__ is int and abs(value) > 10**60:
        return "a huge number"  # Python refuses to write out thousands of digits
    text = json.dumps(value) if isinstance(value, (str, int, float, bool, type(None))) \
        else _kind(value)
    return text if len(text) <= 60 else text[:59] + "…"
