"""The stand-in's kernels: the text of a kernel is read as Python and run on NumPy's arrays.

It knows what one element's arithmetic is written in: declarations, assignments, calls, casts to T
and ``condition ? a : b``. Numbers become those of the kernel's types, as on a GPU; what it does not
know is an error of compilation, as it would be there.
"""

import re

import numpy as np

from learngrad.ops.special import erf

TYPES = {"bool": np.bool_, "int32": np.int32, "int64": np.int64, "float16": np.float16,
         "float32": np.float32, "float64": np.float64}
FUNCTIONS = {
    "exp": np.exp, "log": np.log, "log1p": np.log1p, "expm1": np.expm1, "sqrt": np.sqrt,
    "tanh": np.tanh, "sin": np.sin, "cos": np.cos, "fabs": np.abs, "abs": np.abs, "pow": np.power,
    "max": np.maximum, "min": np.minimum, "isnan": np.isnan, "where": np.where,
    "normcdf": lambda x: x.dtype.type(0.5) * (1 + erf(x * x.dtype.type(0.5**0.5))),
    "erf": erf,
}
DECLARED = re.compile(r"(?:const\s+)?(?:T|bool|int|float|double)\s+(?=\w+\s*=[^=])")


ASSIGNED = re.compile(r"(?<![<>=!])=(?!=)")


class CompileException(Exception):
    """As CuPy raises it for CUDA C that does not compile."""

    def __init__(self, message, source):
        super().__init__(message)
        self.message, self.source = message, source

    def get_message(self):
        return self.message


def _parameters(text):
    return [part.split() for part in text.split(",")] if text.strip() else []


def _chosen(text):
    """``c ? a : b`` as a call, from the inside out."""
    while "?" in text:
        at = text.rindex("?")
        start, depth = at, 0
        while start and not (depth == 0 and (text[start - 1] in "(," or ASSIGNED.search(
                text, start - 2, start + 1))):
            start -= 1
            depth += {")": 1, "(": -1}.get(text[start], 0)
        colon = text.index(":", at)
        end, depth = colon + 1, 0
        while end < len(text) and not (depth == 0 and text[end] in "),"):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text = (f"{text[:start]} where({text[start:at]}, {text[at + 1:colon]}, "
                f"{text[colon + 1:end]}){text[end:]}")
    return text


def translated(body):
    """The statements of a kernel as Python."""
    lines = []
    for statement in re.sub(r"//[^\n]*", "", body).split(";"):
        text = DECLARED.sub("", " ".join(statement.split()))
        text = text.replace("&&", "&").replace("||", "|")
        if text:
            lines.append(_chosen(text).strip())
    return "\n".join(lines)


class ElementwiseKernel:
    """As CuPy's, run on the host."""

    def __init__(self, in_params, out_params, operation, name="kernel", **options):
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no name for a kernel")
        self.ins, self.outs = _parameters(in_params), _parameters(out_params)
        self.name, self.body = name, operation
        try:
            self.code = compile(translated(operation), name, "exec")
        except SyntaxError as error:
            raise CompileException(f"{name}: error: {error.text}", operation) from error

    def __call__(self, *args, size=None, stream=None):
        from tests.cupy_standin.arrays import _change, _wrap, lent, ndarray

        args = [lent(value) for value in args]
        n, m = len(self.ins), len(self.outs)
        if len(args) not in (n, n + m):
            raise TypeError(f"Wrong number of arguments for {self.name!r}. It must be either {n} "
                            f"or {n + m} (with outputs), but given {len(args)}.")
        for value in args:
            if isinstance(value, np.ndarray) or not isinstance(
                    value, (ndarray, bool, int, float, np.generic)):
                raise TypeError(f"Unsupported type {type(value)}")
        generic = [value.dtype for (kind, _), value in zip(self.ins + self.outs, args)
                   if kind == "T" and isinstance(value, ndarray)]
        if len(set(generic)) > 1:
            raise TypeError(f"Type is mismatched. T {generic}")
        types = {**TYPES, "T": generic[0].type if generic else np.float64}
        values = {}
        for (kind, label), value in zip(self.ins, args):
            values[label] = value._host if isinstance(value, ndarray) else types[kind](value)
            if isinstance(value, ndarray) and value.dtype != types[kind]:
                raise TypeError(f"Type is mismatched. {label} {value.dtype.type} {types[kind]}")
        shape = np.broadcast_shapes(*(np.shape(v) for v in values.values()),
                                    *(a.shape for a in args[n:]))
        outs = list(args[n:]) or [_wrap(np.empty(shape, types[kind])) for kind, _ in self.outs]
        for (_, label), out in zip(self.outs, outs):
            if out.shape != shape:
                raise ValueError(f"Out shape is mismatched: {out.shape} and {shape}")
            values[label] = np.full(shape, np.nan)  # one that does not exist yet holds anything
        fresh = len(args) == n

        def run():
            scope = {**FUNCTIONS, **values, "T": types["T"], "__builtins__": {}}
            if not fresh:  # they are read as they are when it runs
                scope |= {label: out._host.copy() for (_, label), out in zip(self.outs, outs)}
            exec(self.code, scope)  # a kernel of this project or of its tests
            for (_, label), out in zip(self.outs, outs):
                out._host[...] = scope[label]

        try:
            _change(run)
        except NameError as error:
            raise CompileException(f'{self.name}: error: identifier "{error.name}" is undefined',
                                   self.body) from error
        return outs[0] if len(outs) == 1 else tuple(outs)
