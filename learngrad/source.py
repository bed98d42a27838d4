"""Where a tensor was made: from a code object and an offset to a line, its text and its name.

The hot path keeps only ``(code, lasti)``; everything here runs later, when an error is rendered or
a watcher asks, and is remembered per place.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import dis
import functools
import itertools
import linecache
import os
import sys
import threading
from types import CodeType, ModuleType
from typing import Any, NamedTuple

import numpy

__all__ = ["Made", "Place", "Route", "caller", "callers", "here", "inside", "resolve", "route",
           "stored_next"]

Made = tuple[CodeType, int]
"""A code object and the offset of an instruction in it; a frame would pin its locals."""

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_NUMPY = os.path.dirname(os.path.abspath(numpy.__file__)) + os.sep
# What stands between a `with`, a copy or the beginning of a thread, and what it calls.
_HELPERS = {contextlib.__file__, copy.__file__, threading.__file__}
# The demo is a program such as a user writes, so its lines are shown as a user's are.
_USER_FILES = {_PACKAGE + "demo.py"}


class _Inside(dict[str, bool]):
    """Whether a file is machinery (learngrad, NumPy) rather than the user's program; cached."""

    def __missing__(self, filename: str) -> bool:
        machinery = filename in _HELPERS or (
            filename.startswith((_PACKAGE, _NUMPY)) and filename not in _USER_FILES)
        self[filename] = machinery
        return machinery


inside = _Inside()


def caller() -> Made | None:
    """The place in the user's program that is running now: the first frame outside learngrad."""
    frame = sys._getframe(1)
    while inside[frame.f_code.co_filename]:
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


Route = tuple[()] | tuple["Route", CodeType, int]
"""The calls that led to a place: those inside the outermost, its code and its offset."""

_DEEP = range(200)  # frames, before nobody is looked for any more


def route(made: Made | None, home: CodeType | None) -> Route:
    """The calls in the user's program that led to `made`, the place that runs now.

    They are followed to the code `home` or to the top of a cell or a file; beyond is what runs the
    program. Where neither is reached, there are none.
    """
    if made is None or made[0] is home or made[0].co_name == "<module>":
        return ()
    frame: Any = sys._getframe(1)
    code, here = frame.f_code, made[0]
    found: Route = ()
    try:
        while code is not here:
            frame = frame.f_back
            code = frame.f_code
        for _ in _DEEP:
            frame = frame.f_back
            code = frame.f_code
            if not inside[code.co_filename]:
                found = found, code, frame.f_lasti
                if code is home or code.co_name == "<module>":
                    return found
    except AttributeError:  # no frame is left
        pass
    return ()


def callers(route: Route) -> list[Made]:
    """The calls of a route, the innermost first; a comprehension is none."""
    found: list[Made] = []
    while route:
        route, code, lasti = route
        if code.co_name not in _COMPREHENSIONS:  # functions to Python 3.11
            found.append((code, lasti))
    return found[::-1]


_COMPREHENSIONS = {"<listcomp>", "<dictcomp>", "<setcomp>"}


def stored_next(made: Made | None) -> bool:
    """Whether ``x[i] += value`` runs now, and `made` is where it took ``x[i]``.

    Python stores what comes out by ``x[i] = …``, and nobody else gets hold of the part it took.
    """
    now = caller()
    if made is None or now is None or made[0] is not now[0]:
        return False
    return _stores_next(now[0], made[1], now[1])


@functools.lru_cache(maxsize=256)  # a loop asks again and again, and it reads all the code
def _stores_next(code: CodeType, taken: int, lasti: int) -> bool:
    """Whether what the instruction `taken` took is stored right after the one at `lasti`."""
    starts = [next(itertools.islice(code.co_positions(), at // 2, None), (None,) * 4)
              for at in (taken, lasti)]
    names = (dis.opname[op] for op in code.co_code[lasti::2])
    if starts[0][2] is None or starts[0][::2] != starts[1][::2] or next(names) != "BINARY_OP":
        return False
    return next(name for name in names if name not in ("CACHE", "SWAP")) in (
        "STORE_SUBSCR", "STORE_SLICE")


class Place(NamedTuple):
    """A place in a program, as a person names it. Lines count from 1, columns from 0."""

    filename: str
    label: str  # "cell 4" or "train.py"
    line: int
    column: int
    end_line: int
    end_column: int
    text: str  # the line, stripped of its indentation
    target: str | None  # the name that the expression at this place is assigned to
    operands: tuple[str | None, ...]  # the names of the expression's operands, where they are names
    is_returned: bool  # what a function gives back, so that its call may have a target
    targets: tuple[str | None, ...]  # the names of `a, b = ...`, where a value is taken apart

    def __str__(self) -> str:
        at = f"line {self.line} of {self.label}"
        return f"{at}: {self.text}" if self.text else at


_places: dict[tuple[int, int], tuple[CodeType, Place]] = {}
_files: dict[str, _Syntax] = {}


def resolve(made: Made | None) -> Place | None:
    """The `Place` behind ``(code, lasti)``, or None where nothing is known."""
    if made is None:
        return None
    code, lasti = made
    known = _places.get((id(code), lasti))
    if known is not None:
        return known[1]
    positions = next(itertools.islice(code.co_positions(), lasti // 2, None), (None,) * 4)
    line = positions[0] or code.co_firstlineno
    filename = code.co_filename
    text = linecache.getline(filename, line).strip()
    syntax = _syntax(filename)
    extent = syntax.find((line, positions[2] or 0, positions[1] or line, positions[3] or 0))
    node, parent = syntax.nodes.get(extent, (None, None))
    modules = _modules(code, syntax)
    _, column, end_line, end_column = extent
    place = Place(filename, _label(filename), line, _characters(filename, line, column), end_line,
                  _characters(filename, end_line, end_column), text,
                  _target(node, parent, modules), _operands(node, modules),
                  isinstance(parent, (ast.Return, ast.Lambda)), _targets(node, parent))
    if text:  # a file that cannot be read yet may be readable later
        _places[id(code), lasti] = (code, place)  # the code is kept so that its id stays its own
    return place


def _characters(filename: str, line: int, offset: int) -> int:
    """A column in characters; Python counts the bytes of UTF-8."""
    text = linecache.getline(filename, line)
    return offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))


def here() -> Place | None:
    """The place in the user's program that is running now."""
    return resolve(caller())


def _label(filename: str) -> str:
    """How a person calls this file: the cell's number in a notebook, else the file's name."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        named = getattr(shell.compile, "format_code_name", lambda _: None)(filename)
        kind, name = named or ("", "")
        if kind == "Cell":
            return "cell " + name.removeprefix("In[").removesuffix("]")
    name = filename if filename.startswith("<") else os.path.basename(filename)
    return "a cell" if name.startswith("__marimo__cell_") else name


Extent = tuple[int, int, int, int]
"""Line and column where something begins and ends, as Python's `ast` has them."""


class _Syntax(NamedTuple):
    """What the text of a file says: its expressions, and what its functions are indented by."""

    text: str
    nodes: dict[Extent, tuple[ast.AST, ast.AST | None]]  # with the statement that holds it directly
    bodies: list[tuple[int, int, int]]  # first and last line and the indentation
    loops: dict[Extent, Extent]  # where what a loop goes through stands, by that of the whole loop
    modules: set[str]  # the names that its imports give to modules

    def find(self, extent: Extent) -> Extent:
        """Where an expression stands in the file.

        marimo takes a cell out of its function and compiles it without the indentation, with the
        lines of the file and the columns of the cell. A loop takes what comes next, to Python 3.11,
        at the place of its whole statement.
        """
        extent = self.loops.get(extent, extent)
        line, column, end_line, end_column = extent
        if extent not in self.nodes:
            for first, last, indent in self.bodies:
                moved = line, column + indent, end_line, end_column + indent
                if first <= line <= last and moved in self.nodes:
                    return moved
        return extent


def _syntax(filename: str) -> _Syntax:
    """What is known of a file's text as it is now."""
    text = "".join(linecache.getlines(filename))
    known = _files.get(filename)
    if known is not None and known.text == text:
        return known
    nodes: dict[Extent, tuple[ast.AST, ast.AST | None]] = {}
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a cell with magics: lines are still known, names are not
        tree = ast.Module([], [])
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            if isinstance(child, (ast.expr, ast.AugAssign)):
                nodes.setdefault(_extent(child), (child, parent))
    for statement in ast.walk(tree):
        if isinstance(statement, ast.AugAssign):
            nodes[_extent(statement)] = (statement, None)
        elif isinstance(statement, ast.Assign):
            for target, value in _pairs(statement):
                nodes[_extent(value)] = (value, ast.Assign([target], value))
    bodies = [(one.lineno, one.end_lineno or 0, one.body[0].col_offset) for one in tree.body
              if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
    loops = {_extent(one): _extent(one.iter) for one in ast.walk(tree) if isinstance(one, ast.For)}
    modules = {name for one in ast.walk(tree) for name in _imported(one)} - {
        one.id for one in ast.walk(tree)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    _files[filename] = _Syntax(text, nodes, bodies, loops, modules)
    return _files[filename]


def _imported(statement: ast.AST) -> list[str]:
    """The names that an import statement gives to modules."""
    if isinstance(statement, ast.Import):
        return [one.asname or one.name.partition(".")[0] for one in statement.names]
    if isinstance(statement, ast.ImportFrom):
        return [one.asname or one.name for one in statement.names
                if f"{statement.module}.{one.name}" in sys.modules]
    return []


def _pairs(statement: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    """The names and values of ``a, b = 1, 2``."""
    target, value = statement.targets[0], statement.value
    if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)) or any(
            isinstance(x, ast.Starred) for x in (*target.elts, *value.elts)):
        return []
    return list(zip(target.elts, value.elts))


def _extent(node: ast.expr | ast.stmt) -> Extent:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


def _target(node: ast.AST | None, parent: ast.AST | None, modules: set[str]) -> str | None:
    """The name that the value of `node` is bound to by its statement."""
    if isinstance(node, ast.AugAssign):
        return _name(node.target)
    if isinstance(parent, ast.Assign) and parent.value is node:
        return _name(parent.targets[0])
    if isinstance(parent, (ast.AnnAssign, ast.NamedExpr)) and parent.value is node:
        return _name(parent.target)
    # A change in place is bound to the name it already has: `w.zero_()`, `w[0] = 1`.
    match node, parent:
        case ast.Subscript(value=changed), ast.Assign(targets=targets) if node in targets:
            return _name(changed)
        case ast.Call(func=ast.Attribute(value=changed, attr=method), args=args), _ if (
                method.endswith("_") and not method.endswith("__")):
            if _module(changed, modules):  # `init.zeros_(w)`
                return None if method.startswith("clip_grad") else _name((*args, None)[0])
            return _name(changed)
    return None


def _targets(node: ast.AST | None, parent: ast.AST | None) -> tuple[str | None, ...]:
    """The names that the parts of a value are bound to, each to one."""
    if isinstance(parent, ast.Assign) and parent.value is node:
        match parent.targets[0]:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if not any(
                    isinstance(part, ast.Starred) for part in parts):
                # What is called _ is thrown away.
                return tuple(None if (name := _name(part)) == "_" else name for part in parts)
    return ()


def _operands(node: ast.AST | None, modules: set[str]) -> tuple[str | None, ...]:
    match node:
        case ast.AugAssign(target=a, value=b):
            return _name(a), _name(b)
        case ast.BinOp(left=a, right=b):
            return _name(a), _name(b)
        case ast.UnaryOp(operand=a) | ast.Subscript(value=a) | ast.Attribute(value=a):
            return (_name(a),)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[_, *args]) if (
                name in _CALLING):
            return tuple(_name(a) for a in args)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in _REPLAYING:
            return ()
        case ast.Call(func=ast.Attribute(value=receiver, attr=name), args=args):
            # `x.exp()` has its operand before the dot, `learngrad.exp(x)` after the bracket.
            rest = tuple(_name(a) for a in args)
            called = isinstance(receiver, ast.Name) and receiver.id == "self"
            if called or _module(receiver, modules) or name not in tensor_methods or (
                    name == "apply"):
                return rest  # `self.relu(x)` and `net.layer(x)` are given x alone
            return _name(receiver), *rest
        case ast.Call(args=args):
            return tuple(_name(a) for a in args)
    return ()


_CALLING = {"show", "step"}  # `show(model, x)` calls model(x)
# What runs in these are the formulas of gradients; their operands stand in no bracket.
_REPLAYING = {"backward", "grad", "replay", "hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"}
_MODULE_NAMES = {"learngrad", "torch", "lg", "F", "np", "functional", "nn", "init"}
_SUBMODULES = _MODULE_NAMES | {"autograd", "linalg", "rnn", "utils"}
tensor_methods: set[str] = set()
"""What a tensor can do by name; `tensor` puts it here."""


def _modules(code: CodeType, syntax: _Syntax) -> set[str]:
    """The names that stand for modules where `code` runs, and not for what is its own.

    In a notebook an import may stand in another cell: the program itself is asked.
    """
    main = vars(sys.modules["__main__"]) if "__main__" in sys.modules else {}
    names = syntax.modules | {name for name, value in [*main.items()]
                              if isinstance(value, ModuleType)}
    return names - {*code.co_varnames, *code.co_cellvars, *code.co_freevars} | _MODULE_NAMES


def _module(node: ast.AST, modules: set[str]) -> bool:
    """Whether `node` names a module: ``lg``, ``F``, ``lg.nn.functional``."""
    while isinstance(node, ast.Attribute) and node.attr in _SUBMODULES:
        node = node.value
    return isinstance(node, ast.Name) and node.id in modules


def _name(node: ast.AST | None) -> str | None:
    """`w` and `self.w` are names a person knows; anything else is not."""
    if isinstance(node, ast.Name):
        return None if node.id == "self" else node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}" if node.value.id != "self" else node.attr
    return None


def excerpt(code: CodeType) -> tuple[int, str]:
    """The lines of a function, or of a whole file, and the number of the first."""
    lines = linecache.getlines(code.co_filename)
    if code.co_name == "<module>" or not lines:
        return 1, "".join(lines)
    last = max((line for *_, line in code.co_lines() if line is not None),
               default=code.co_firstlineno)
    return code.co_firstlineno, "".join(lines[code.co_firstlineno - 1:last])
