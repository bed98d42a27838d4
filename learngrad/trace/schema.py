"""Reading a trace: what is checked before anything is drawn from it.

A trace may come from a file, another engine or a stranger, so a reader takes nothing on trust:
``schema.json`` says what each member looks like (one written truth, which `checks` turns into
functions, so no package is needed at run time), and `validate` adds what a schema cannot say: that
ids rise, that edges lead backwards, that what is named exists.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

from learngrad.errors import ArgumentTypeError, TraceError, a_kind_of
from learngrad.trace.checks import Bad, Check, compile_schema, kind_of, shown

__all__ = ["MAX_BYTES", "SCHEMA_NAME", "VERSION", "load_schema", "read", "validate"]

SCHEMA_NAME, VERSION = "learngrad-trace", 1
MAX_BYTES = 32_000_000
MAX_PARTS = 2_000_000
"""Lists and objects: an empty one takes two bytes in a file, and sixty once it is read."""
FIX = "record it again, or ask its writer for one that follows learngrad/trace/schema.json"

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
    ArgumentTypeError
        If it is none of these.
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
    if not isinstance(source, (str, bytes, PathLike)):
        raise ArgumentTypeError(f"a trace is read from text, bytes or a path, not from "
                                f"{a_kind_of(source)}",
                                fix="validate(trace), for one that is plain data already")
    if isinstance(source, str) and not source.lstrip("\ufeff \t\r\n").startswith("{"):
        source = Path(source)
    if isinstance(source, PathLike):
        path = Path(source)
        _check_size(path.stat().st_size)
        source = path.read_bytes()
    _check_size(len(source))
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source.lstrip("\ufeff")
        _check_parts(text.count("[") + text.count("{"))
        trace = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise TraceError(f"the trace is not UTF-8 text: {error}", fix=FIX) from error
    except RecursionError as error:
        raise TraceError("the trace is nested too deeply to be one", fix=FIX) from error
    except _Bare as error:
        raise TraceError(f'the trace has a bare {error}, which is not JSON: write "{error}" in '
                         "quotes", fix=FIX) from error
    except ValueError as error:
        raise TraceError(f"the trace is not JSON: {error}", fix=FIX) from error
    return validate(trace)


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise TraceError(f"the trace has {size:,} bytes, and a reader takes at most {MAX_BYTES:,}",
                         fix="record fewer operations, for instance one training step")


def _check_parts(parts: int) -> None:
    if parts > MAX_PARTS:
        raise TraceError(f"the trace has {parts:,} lists and objects, and a reader takes at most "
                         f"{MAX_PARTS:,}",
                         fix="record fewer operations, for instance one training step")


class _Bare(ValueError):
    """NaN or Infinity where JSON has none; raised inside Python's decoder."""


def _refuse_constant(name: str) -> None:
    raise _Bare(name)


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
        raise TraceError(f"a trace is a JSON object, and this is {kind_of(trace)}", fix=FIX)
    if trace.get("schema") != SCHEMA_NAME:
        raise TraceError(f'this is not a trace: its "schema" is {shown(trace.get("schema"))}, '
                         f'not "{SCHEMA_NAME}"', fix=FIX)
    version = trace.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise TraceError(f"the trace has version {shown(version)}, and this learngrad reads "
                         f"version {VERSION}",
                         fix=f"update learngrad, or write the trace as version {VERSION}")
    try:
        _checks()(trace)
        _references(trace)
    except Bad as bad:
        at = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in reversed(bad.path))
        raise TraceError(f"the trace is damaged: {at.lstrip('.') or 'it'} {bad.what}",
                         fix=FIX) from None
    return trace


@cache
def _checks() -> Check:
    return compile_schema(load_schema(), {"preview": _fits_its_shape})


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
        except Bad as bad:
            bad.path += [i, name]
            raise
    return known[0]


def _unique_id(source: dict[str, Any], known: set[int]) -> None:
    if source["id"] in known:
        raise Bad(f"has the id {source['id']}, which an earlier one has already")
    known.add(source["id"])


def _node(node: dict[str, Any], outputs: dict[int, int], sources: set[int],
          last: list[int]) -> None:
    own = node["id"]
    if own in outputs:
        raise Bad(f"has the id {own}, which an earlier node has already")
    if own < last[0]:
        raise Bad(f"has the id {own} after {last[0]}: ids rise in order of creation")
    last[0] = own
    for edge in node["edges"]:
        if edge is not None:
            _edge(edge, own, outputs)
    if node["shape"] is None and node["status"] != "failed":
        raise Bad("has no shape, though it did not fail")
    if node["kind"] == "operation" and node["op"] is None:
        raise Bad("is an operation and does not say which")
    src = node.get("src")
    if src is not None and src["source"] not in sources:
        raise Bad(f"comes from source {src['source']}, which the trace does not have")
    for caller in node.get("callers", ()):
        if caller[0] not in sources:
            raise Bad(f"was called from source {caller[0]}, which the trace does not have")
    if "operands" in node and len(node["operands"]) != len(node["edges"]):
        raise Bad(f"has {len(node['edges'])} edges and {len(node['operands'])} operands")
    outputs[own] = max(1, len(node.get("outputs", ())))


def _edge(edge: list[int], own: int, outputs: dict[int, int]) -> None:
    origin, slot = edge
    if origin >= own:
        raise Bad(f"has an edge to node {origin}, which is not older than itself ({own}): "
                   "that would be a cycle")
    if origin not in outputs:
        raise Bad(f"has an edge to node {origin}, which the trace does not have")
    if slot >= outputs[origin]:
        raise Bad(f"has an edge to output {slot} of node {origin}, which has {outputs[origin]}")


def _replay(replay: dict[str, Any], nodes: dict[int, Any], outputs: dict[int, int]) -> None:
    if replay["root"] not in nodes:
        raise Bad(f"begins at node {replay['root']}, which the trace does not have")
    _each("steps", replay["steps"], _step, nodes, outputs)


def _step(step: dict[str, Any], nodes: dict[int, Any], outputs: dict[int, int]) -> None:
    node = nodes.get(step["node"])
    if node is None:
        raise Bad(f"is at node {step['node']}, which the trace does not have")
    if len(step["upstream"]) > outputs[node["id"]]:
        raise Bad(f"has {len(step['upstream'])} gradients for the {outputs[node['id']]} "
                   f"outputs of node {node['id']}")
    for contribution in step["contributions"]:
        operand = contribution["operand"]
        if operand >= len(node["edges"]):
            raise Bad(f"gives to operand {operand} of node {node['id']}, "
                       f"which has {len(node['edges'])}")
        if contribution["to"] != node["edges"][operand]:
            raise Bad(f"gives to {contribution['to']}, but operand {operand} of node "
                       f"{node['id']} came from {node['edges'][operand]}")


def _fits_its_shape(preview: dict[str, Any]) -> None:
    values, tile = preview.get("values"), preview.get("tile")
    if values is not None and len(values) != math.prod(preview["shape"]):
        raise Bad(f"has {len(values)} values for the shape {preview['shape']}")
    if values is None and tile is None:
        raise Bad('has neither "values" nor "tile"')
    if tile is not None and len(tile["values"]) != tile["rows"] * tile["columns"]:
        raise Bad(f"has a tile of {tile['rows']}×{tile['columns']} with "
                   f"{len(tile['values'])} values")
