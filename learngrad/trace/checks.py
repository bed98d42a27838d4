"""A JSON Schema turned into checks: the keywords that ``schema.json`` uses, no package needed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Bad", "Check", "compile_schema", "kind_of", "shown"]

Check = Callable[[Any], None]


class Bad(Exception):
    """Something does not fit; `path` is gathered on the way out, so that a good trace is quick."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.path: list[str | int] = []


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,),
    "null": (type(None),), "integer": (int,), "number": (int, float),
}
_WORDS = {"object": "an object", "array": "a list", "string": "text", "boolean": "true or false",
          "null": "null", "integer": "a whole number", "number": "a number"}


def compile_schema(schema: Mapping[str, Any], extra: Mapping[str, Check]) -> Check:
    """One function that checks a value against a schema, raising `Bad`.

    Parameters
    ----------
    schema : dict
        A JSON Schema whose references all lead to its ``$defs``.
    extra : dict of str to function
        For names of ``$defs``, what is to be checked beyond the schema once the schema is met.
    """
    made: dict[str, Check] = {}

    def reference(path: str) -> Check:
        name = path.removeprefix("#/$defs/")
        if name not in made:
            made[name] = _compile(schema["$defs"][name], reference)
            if name in extra:
                made[name] = _both(made[name], extra[name])
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
            raise Bad(f"is {kind_of(value)}, not {words}")
        if value.__class__ is float and not math.isfinite(value):
            raise Bad(f'is a bare {value}: write "NaN", "Infinity" or "-Infinity"')
        if value.__class__ is int and abs(value) > 1e308:
            raise Bad("is a number with more digits than a float64 holds")
    return check


def _one_of(allowed: list[Any]) -> Check:
    def check(value: Any) -> None:
        if not any(value == a and value.__class__ is a.__class__ for a in allowed):
            raise Bad(f"is {shown(value)}, not {' or '.join(map(shown, allowed))}")
    return check


def _any_of(schemas: list[Mapping[str, Any]], reference: Callable[[str], Check]) -> Check:
    choices = [_compile(schema, reference) for schema in schemas]

    def check(value: Any) -> None:
        first: Bad | None = None
        for choice in choices:
            try:
                return choice(value)
            except Bad as bad:
                # The first choice is the usual one: its complaint says most.
                first = first or bad
        raise first or Bad("fits nothing")
    return check


def _required(names: list[str]) -> Check:
    def check(value: Any) -> None:
        for name in names:
            if name not in value:
                raise Bad(f'has no "{name}"')
    return check


def _members(members: Mapping[str, Check]) -> Check:
    def check(value: dict[str, Any]) -> None:
        for name, one in members.items():
            if name in value:
                try:
                    one(value[name])
                except Bad as bad:
                    bad.path.append(name)
                    raise
    return check


def _items(item: Check) -> Check:
    def check(value: list[Any]) -> None:
        at = 0
        try:
            for one in value:
                item(one)
                at += 1
        except Bad as bad:
            bad.path.append(at)
            raise
    return check


def _values(item: Check) -> Check:
    def check(value: dict[str, Any]) -> None:
        for name, one in value.items():
            try:
                item(one)
            except Bad as bad:
                bad.path.append(name[:40])
                raise
    return check


def _bound(keyword: str, limit: int) -> Check:
    low = keyword.startswith("min")
    bound = "at least" if low else "at most"
    size = (lambda v: v) if keyword in ("minimum", "maximum") else len
    unit = {"Length": " characters", "Items": " items"}.get(keyword[3:], "")

    def check(value: Any) -> None:
        if (size(value) < limit) if low else (size(value) > limit):
            raise Bad(f"has {size(value):,}{unit}, and {bound} {limit:,} are allowed" if unit else
                      f"is {shown(value)}, and {bound} {limit} is allowed")
    return check


def kind_of(value: Any) -> str:
    """What a value is, in a word or two."""
    for name, types in _TYPES.items():
        if value.__class__ in types:
            return _WORDS[name] if name != "boolean" else shown(value)
    return f"a Python {type(value).__name__}"


def shown(value: Any) -> str:
    """A value in a message: itself where it is short, else what it is."""
    if value.__class__ is int and abs(value) > 10**60:
        return "a huge number"  # Python refuses to write out thousands of digits
    text = json.dumps(value) if isinstance(value, (str, int, float, bool, type(None))) \
        else kind_of(value)
    return text if len(text) <= 60 else text[:59] + "…"
