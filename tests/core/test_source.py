"""From a tensor back to the line that made it, and to the names on that line."""

import linecache
import sys
import types

import pytest

import learngrad as lg
from learngrad import source
from learngrad.autograd import observe


class Places(observe.Watcher):
    """Collects the place of each operation."""

    def __init__(self):
        self.found = []

    def operation(self, node, inputs, outputs, made):
        self.found.append(source.resolve(made))


def places(text, filename="<tensors>", known=True, **names):
    """Run a program and give the places of its operations; its source may be known or not."""
    if known:
        linecache.cache[filename] = len(text), None, text.splitlines(True), filename
    watcher = Places()
    names = {"lg": lg, "a": lg.tensor(2.0), "b": lg.tensor(3.0), **names}
    with observe.watch(watcher):
        exec(compile(text, filename, "exec"), names)
    return watcher.found


def one(text, **options):
    found, = places(text, **options)
    return found


@pytest.mark.parametrize(("text", "target", "operands"), [
    ("c = a * b", "c", ("a", "b")),
    ("c: object = a * b", "c", ("a", "b")),
    ("(c := a + b)", "c", ("a", "b")),
    ("c = d = a - b", "c", ("a", "b")),
    ("c = 3 * a", "c", (None, "a")),
    ("c = -a", "c", ("a",)),
    ("c = a[None]", "c", ("a",)),
    ("c = a.T", "c", ("a",)),
    ("c = a.exp()", "c", ("a",)),
    ("c = a.matmul(b) if a.ndim else a.exp()", None, ("a",)),
    ("c = lg.exp(a)", "c", ("a",)),
    ("c = lg.nn.functional.relu(a)", "c", ("a",)),
    ("c = lg.where(a > 0, a, b)", "c", (None, "a", "b")),
    ("import learngrad as lgr\nc = lgr.exp(a)", "c", ("a",)),
    ("import learngrad.linalg as LA\nc = LA.norm(a)", "c", ("a",)),
    ("from learngrad.nn import functional as fn\nc = fn.relu(a)", "c", ("a",)),
    ("c = lg.linalg.norm(a)", "c", ("a",)),
    ("c = net.layer(a)", "c", ("a",)),  # a layer is not what it is given
    ("c = self.layer(a)", "c", ("a",)),
    ("lg.nn.init.zeros_(a)\nlg.nn.utils.clip_grad_norm_([a], 1)", None, (None, None)),
    ("a += b", "a", ("a", "b")),
    ("print(a * b, file=None) if False else (a * b)", None, ("a", "b")),
    ("c = [a * b]", None, ("a", "b")),
    ("c, d = a * b, 1", "c", ("a", "b")),
    ("d, c = 1, a * b", "c", ("a", "b")),
    ("(d, e), c = (1, 2), a * b", "c", ("a", "b")),
    ("*d, c = 1, 2, a * b", None, ("a", "b")),
    ("net.w = a * b", "net.w", ("a", "b")),
    ("self.w = a * b", "w", ("a", "b")),
    ("c = net.x * self.x", "c", ("net.x", "x")),
    ("c = sum([a, b])", "c", (None,)),
    ("c = a * 1\nc.add_(b)", "c", ("c", "b")),
    ("c = a * 1\nd = c.add_(b)", "d", ("c", "b")),
    ("c = a.clone().requires_grad_() * 1\nc[None] = 5", "c", ("c",)),
    ("def f(x):\n    y = x * b\n    return y\nz = f(a)", "y", ("x", "b")),
    ("x = a.requires_grad_()\nlg.autograd.grad(x * x, x, create_graph=True)", None, ()),
    ("class F(lg.autograd.Function):\n    def forward(ctx, x): return x * 2\n"
     "c = F.apply(a)", "c", ("a",)),
    ("lg.show(lg.nn.Identity(), a)\nlg.show(lg.nn.Flatten(0), a)", None, ("a",)),
])
def test_names_of_results_and_operands(text, target, operands):
    thing = types.SimpleNamespace(x=lg.tensor(1.0), w=None, layer=lg.nn.Tanh())
    found = places(text, net=thing, self=thing)[-1]
    assert found.target == target
    assert found.operands == operands


def test_a_module_has_the_name_that_the_program_gave_it(monkeypatch):
    """``import learngrad as L``: L is no operand of ``L.maximum(a, b)``."""
    monkeypatch.setattr(sys.modules["__main__"], "L", lg, raising=False)
    assert places("c = L.maximum(a, b)", L=lg)[-1].operands == ("a", "b")
    assert places("c = L.nn.functional.relu(a)", L=lg)[-1].operands == ("a",)
    monkeypatch.setattr(sys.modules["__main__"], "L", lg.tensor(1.0))
    assert places("c = L.maximum(a)", L=lg.tensor(1.0))[-1].operands == ("L", "a")


def test_each_operation_of_a_line_has_its_own_names():
    first, second, third = places("loss = (a * b - b) ** 2")
    assert [p.target for p in (first, second, third)] == [None, None, "loss"]
    assert [p.operands for p in (first, second, third)] == [("a", "b"), (None, "b"), (None, None)]
    assert [(p.column, p.end_column) for p in (first, second, third)] == [
        (8, 13), (8, 17), (7, 23)]


def test_an_expression_of_several_lines():
    first, second = places("x = 1\nloss = (a\n        * b\n        + b)\n")
    assert (first.line, first.end_line, first.text) == (2, 3, "loss = (a")
    assert (second.line, second.end_line) == (2, 4)
    assert second.target == "loss"
    assert str(second) == "line 2 of <tensors>: loss = (a"


def test_columns_count_characters():
    first, second = places("größe = (a * b) + b  # β\n")
    assert [(p.column, p.end_column) for p in (first, second)] == [(9, 14), (8, 19)]
    assert second.target == "größe"
    assert first.text[first.column:first.end_column] == "a * b"


def test_the_line_of_a_call_in_a_loop_and_a_comprehension():
    found = places("for k in range(3):\n    c = a * k\nd = [a + k for k in range(2)]\n")
    assert [p.line for p in found] == [2, 2, 2, 3, 3]
    assert {p.target for p in found[:3]} == {"c"}


def test_what_a_loop_takes_stands_at_its_head():
    first, second = places("for row in lg.ones(1, 2):\n    c = row * a\n")
    assert (first.line, first.end_line, first.column, first.end_column) == (1, 1, 11, 24)
    assert second.line == 2


def test_no_source():
    """Code that nobody can read has a line all the same, and nothing fails."""
    found = one("c = a * b", filename="<nowhere>", known=False)
    assert (found.line, found.text, found.target, found.operands) == (1, "", None, ())
    assert str(found) == "line 1 of <nowhere>"


def test_source_that_comes_later_is_found_then():
    text, made = "c = a * b", []

    class Remember(observe.Watcher):
        def operation(self, node, inputs, outputs, here):
            made.append(here)

    with observe.watch(Remember()):
        exec(compile(text, "<late>", "exec"), {"a": lg.tensor(2.0), "b": 3})
    assert source.resolve(made[0]).target is None
    linecache.cache["<late>"] = len(text), None, [text], "<late>"
    assert source.resolve(made[0]).target == "c"


def test_a_file_that_was_edited_meanwhile():
    """Names come from the text that is there now; a line that no longer fits has none."""
    assert one("c = a * b", filename="<edited>").target == "c"
    assert one("result = a * b", filename="<edited>").target == "result"


def test_text_that_python_cannot_parse():
    """A cell with magics: lines are known, names are not."""
    watcher = Places()
    text = "%time\nc = a * b\n"
    linecache.cache["<magic>"] = len(text), None, text.splitlines(True), "<magic>"
    with observe.watch(watcher):
        exec(compile("\nc = a * b\n", "<magic>", "exec"),
             {"a": lg.tensor(2.0), "b": 3})
    found, = watcher.found
    assert (found.line, found.text, found.target) == (2, "c = a * b", None)


@pytest.fixture
def notebook(monkeypatch):
    """IPython, as a kernel has it: cells are files whose names it can tell."""
    def format_code_name(name):
        number = {"/tmp/ipykernel_7/11.py": "In[4]", "/tmp/ipykernel_7/12.py": "In[5]"}.get(name)
        return ("Cell", number) if number else None

    shell = types.SimpleNamespace(compile=types.SimpleNamespace(format_code_name=format_code_name))
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(source, "_places", {})


def test_cells_are_called_by_their_number(notebook):
    found = one("\nc = a * b", filename="/tmp/ipykernel_7/11.py")
    assert str(found) == "line 2 of cell 4: c = a * b"
    assert found.filename == "/tmp/ipykernel_7/11.py"
    assert one("c = a * b", filename="/tmp/elsewhere/train.py").label == "train.py"


def test_an_error_names_the_cells(notebook):
    x = places("W2 = lg.ones(128, 10) * 1", filename="/tmp/ipykernel_7/11.py")
    assert x[0].label == "cell 4"
    names = {"lg": lg}
    for number, text in ((11, "W2 = lg.ones(128, 10)"), (12, "x = lg.ones(32, 784)\n\nx @ W2")):
        name = f"/tmp/ipykernel_7/{number}.py"
        linecache.cache[name] = len(text), None, text.splitlines(True), name
        try:
            exec(compile(text, name, "exec"), names)
        except RuntimeError as error:
            told = str(error)
    for part in ("inner sizes 784 and 128", "x: shape [32, 784]", "W2: shape [128, 10]",
                 "made at line 1 of cell 4: W2 = lg.ones(128, 10)",
                 "Where: line 3 of cell 5: x @ W2"):
        assert part in told


def test_the_caller_is_outside_of_learngrad():
    """Through layers, losses, NumPy and the backward pass, it is the user's own line."""
    model = lg.nn.Sequential(lg.nn.Linear(2, 2), lg.nn.ReLU())
    watcher = Places()
    with observe.watch(watcher):
        out = model(lg.ones(1, 2))
        loss = lg.nn.MSELoss()(out, lg.zeros(1, 2))
        sum([loss, loss])
    assert {p.filename for p in watcher.found} == {__file__}
    texts = [p.text for p in watcher.found]
    assert texts[0] == texts[1] == "out = model(lg.ones(1, 2))"
    assert "loss = lg.nn.MSELoss()(out, lg.zeros(1, 2))" in texts


def test_tensors_remember_where_they_were_made():
    made = lg.tensor([1.0])
    other = lg.zeros(2)
    for t, text in ((made, "made = lg.tensor([1.0])"), (other, "other = lg.zeros(2)")):
        place = source.resolve(t._made)
        assert place.text == text
        assert place.target == text.split()[0]
    assert source.resolve(None) is None


def test_no_frame_is_kept():
    """Only code and an offset: a frame would keep every local of the user's alive."""
    made = lg.tensor(1.0)._made
    assert type(made) is tuple
    assert [type(part) for part in made] == [types.CodeType, int]


def test_here_is_this_line():
    place = source.here()
    assert place.text == "place = source.here()"
    assert place.target == "place"


MARIMO = """\
import marimo
app = marimo.App()

@app.cell
def _(lg):
    w = lg.ones(2)
    def twice(x):
        y = x * 2
        return y
    loss = twice(w)
    return loss
"""


def test_a_cell_that_was_taken_out_of_its_function_has_its_names(tmp_path):
    """marimo compiles a cell with the lines of its file and without its indentation."""
    path = tmp_path / "book.py"
    path.write_text(MARIMO)
    lines = MARIMO.splitlines()[5:10]
    cell = "\n" * 5 + "\n".join(line.removeprefix("    ") for line in lines)
    names = {"lg": lg}
    watcher = Places()
    with observe.watch(watcher):
        exec(compile(cell, str(path), "exec"), names)
    made = source.resolve(names["w"]._made)
    assert (made.target, made.line, made.column) == ("w", 6, 8)
    (inner,) = watcher.found
    assert (inner.target, inner.operands, inner.line, inner.column) == ("y", ("x", None), 8, 12)
    assert MARIMO.splitlines()[7][inner.column:inner.end_column] == "x * 2"


# ---- Who called --------------------------------------------------------------------------------

def called(run):
    """For each operation that runs, the lines that led to it, the innermost first."""
    seen = []

    class Watcher(observe.Watcher):
        def operation(self, node, inputs, outputs, made):
            route = source.callers(source.route(made, run.__code__))
            seen.append([source.resolve(made).text, *(source.resolve(one).text for one in route)])

    with observe.watch(Watcher()):
        run()
    return seen


def double(x):
    return x * 2


def test_calls_up_to_what_began_to_record():
    a = lg.tensor(2.0)

    def four(x):
        return double(double(x))

    def run():
        four(a)
        [double(v) for v in [a]]
        lg.nn.Sequential(lg.nn.ReLU())(a)
        return a + 1

    twice = ["return x * 2", "return double(double(x))", "four(a)"]
    assert called(run) == [twice, twice, ["return x * 2", "[double(v) for v in [a]]"],
                           ["lg.nn.Sequential(lg.nn.ReLU())(a)"], ["return a + 1"]]


def test_calls_end_at_the_top_of_a_cell():
    """What runs a cell is no part of the program."""
    found = []

    class Watcher(observe.Watcher):
        def operation(self, node, inputs, outputs, made):
            found.append(len(source.callers(source.route(made, None))))

    text = "def f(x):\n    return x * 2\nf(a)\na * 3"
    with observe.watch(Watcher()):
        exec(compile(text, "<cell>", "exec"), {"a": lg.tensor(2.0)})
    assert found == [1, 0]


def test_no_calls_where_the_beginning_is_not_reached():
    """A recursion that is too deep, and a function that nothing here began to watch."""
    def deep(n):
        return deep(n - 1) if n else lg.tensor(2.0) * 3

    assert [len(route) for route in called(lambda: deep(100))] == [102]
    assert called(lambda: deep(300)) == [["return deep(n - 1) if n else lg.tensor(2.0) * 3"]]
    assert source.route(None, None) == ()


def test_what_a_function_calls_its_own_is_no_module():
    """Whatever else of that name was imported."""
    text = ("import time\nfrom learngrad.utils import data\n"
            "def decay(time, rate):\n    return time.mul(rate)\nc = decay(a, b)\n"
            "def product(data, w):\n    data = data.add(w)\n    return data\nd = product(a, b)")
    product, total = places(text)
    assert product.operands == ("time", "rate")
    assert (total.target, total.operands) == ("data", ("data", "w"))
    assert places("import time\nc = held.x.mul(a)", held=types.SimpleNamespace(x=lg.tensor(1.0)))[
        -1].operands == ("held.x", "a")
    net = types.SimpleNamespace(relu=lg.nn.functional.relu)
    assert places("def f(self, x):\n    return self.relu(x)\nf(net, a)", net=net)[-1].operands == (
        "x",)
