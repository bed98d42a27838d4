"""`learngrad.step` in a terminal: what is typed, what is printed, and where nobody types."""

import builtins
import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError, TraceError
from learngrad.trace import terminal
from learngrad.trace.stepper import Session, trace_of
from learngrad.trace.text import cells
from learngrad.trace.walk import walk

ROOT = Path(__file__).parents[2]
SCRIPT = """\
import learngrad
a = learngrad.tensor(2.0, requires_grad=True)
b = learngrad.tensor(-3.0, requires_grad=True)
c = a * b
loss = (c + a) * 5
learngrad.step(loss{option})
print(a.grad)
"""


@pytest.fixture
def loss():
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(-3.0, requires_grad=True)
    c = a * b
    yield (c + a) * 5
    assert a.grad is None  # and the leaves have lived until here


@pytest.fixture
def typed(monkeypatch, capsys, loss):
    """What is printed when these lines are typed, as lines."""
    def run(*lines, what=None, **options):
        waiting = [line for line in lines if isinstance(line, str)]
        inputs = [one for one in lines if not isinstance(one, str)]

        def answer(prompt=""):
            assert prompt == ""  # not of a terminal
            if not waiting:
                raise EOFError
            return waiting.pop(0)

        answer.__module__ = "builtins"
        monkeypatch.setattr(builtins, "input", answer)
        capsys.readouterr()
        learngrad.step(loss if what is None else what, *inputs, **options)
        return capsys.readouterr().out.splitlines()

    return run


def piped(tmp_path, text, option="", **environment):
    path = tmp_path / "program.py"
    path.write_text(SCRIPT.format(option=option))
    ended = subprocess.run(
        [sys.executable, str(path)], input=text.encode(), capture_output=True, check=False,
        timeout=120, env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        | environment)
    assert ended.stderr == b""
    assert ended.returncode == 0
    return ended.stdout


def test_with_nobody_who_types_every_step_is_printed_in_the_words_of_the_views(tmp_path):
    lines = piped(tmp_path, "").decode().splitlines()
    assert [line.split()[-1] for line in lines[-7:-1]] == ["gradient", "−10", "10", "5", "5", "1"]
    said = [line for line in lines if line.startswith(("Before", "Forward", "Step"))]
    with learngrad.record() as tape:
        a = learngrad.tensor(2.0, requires_grad=True)
        b = learngrad.tensor(-3.0, requires_grad=True)
        c = a * b
        loss = (c + a) * 5
        loss.backward()
    assert said == walk(tape.to_dict())
    assert lines[-1] == "None"  # a.grad: nothing is left of the walk


def test_a_pipe_is_obeyed_and_then_the_rest_is_printed(tmp_path):
    lines = piped(tmp_path, "n\nn\nb\ng loss\n").decode().splitlines()
    said = [line for line in lines if line.startswith(("Before", "Forward", "Step"))]
    starts = [line.split(":")[0].split(".")[0] for line in said]
    assert starts == ["Before the first of 3 operations", "Forward 1 of 3", "Forward 2 of 3",
                      "Forward 1 of 3", "Step 1 of 5", *(f"Step {i} of 5" for i in range(2, 6))]


def test_a_terminal_without_our_signs_gets_the_rest(tmp_path):
    out = piped(tmp_path, "", PYTHONIOENCODING="cp1252").decode("cp1252")
    assert "b = ?3" in out
    assert "Step 5 of 5" in out


def test_keys(typed):
    lines = typed("", "g b", "b", "g 2", "p", "r", "n", "g #2", "g forward", "x y", "?", "b", "q")
    said = [line for line in lines if line.startswith(("Before", "Forward", "Step"))]
    assert [line.split(":")[0].split(".")[0] for line in said] == [
        "Before the first of 3 operations", "Forward 1 of 3", "Step 4 of 5", "Step 3 of 5",
        "Step 2 of 5", "Step 3 of 5", "Step 4 of 5", "Step 5 of 5", "Step 3 of 5",
        "Step 2 of 5"]
    text = "\n".join(lines)
    assert "This is the end" in text
    assert "No step is called 'forward'" in text
    assert "'x' is no command" in text
    assert text.count("g NAME") == 2


def test_the_graph_as_it_stands(typed):
    lines = typed("g 3", "p", *["b"] * 6, "p", "q")
    heads = [at for at, line in enumerate(lines) if "gradient" in line and "node" in line]
    then, now = (lines[at:at + 6] for at in heads[-2:])
    assert [line.split()[-1] for line in then[1:]] == ["−10", "10", "5", "5", "1"]
    assert then[3].startswith("> ")
    # Nothing of what is to come.
    assert [line.split()[-1] for line in now[1:3]] == ["yet", "yet"]
    assert "−6" in now[3]
    assert "−4" not in "".join(now)
    assert "−20" not in "".join(now)


def test_it_asks_and_tells_the_cause(typed):
    lines = typed(
        "n", "6", "?", "-6",  # a × b, the sign forgotten at first
        "n", "s",  # c + a, shown
        "n", "-20", "", "r", "5",  # and on with an empty line, to the backward pass
        "5", "", "z", "a", "3", "-15", "-10.0", "10", "", "q", predict=True)
    text = "\n".join(lines)
    assert text.index("? What is a × b?") < text.index("Count the minus signs") < text.index(
        "Right.") < text.index("Forward 1 of 3")
    assert "It is −4." in text
    assert "s shows it" in text
    assert "Something has arrived there, but not everything" in text
    assert text.count("One of 1 to 3.") == 2  # which cost no try
    assert "it would overwrite what a has already" in text
    assert text.endswith("Score: 7 of 8 right, 4 at the first try.")


def test_two_wrong_answers_reveal_the_right_one(typed):
    text = "\n".join(typed("n", "what", "5", "6", "q", predict=True))
    unread = "Type a number, such as −2, 0.33, 1/3 or 1.5e-3."
    assert text.index(unread) < text.index("Not quite.") < text.index("It is −6.")
    assert text.endswith("Score: 0 of 1 right.")


def test_what_is_asked_is_not_printed_before(typed):
    text = "\n".join(typed("n", "q", predict=True))
    assert "−6" not in text
    assert text.endswith("Score: no question answered yet.")


def test_where_a_file_ends_within_a_question_the_rest_is_printed(typed):
    lines = typed("n", "-6", "n", predict=True)
    assert [line for line in lines if line.startswith("Step 5 of 5")]


def test_only_what_is_new_is_asked(typed):
    lines = typed("n", "-6", "b", "n", "q", predict=True)
    assert sum(line.startswith("? ") for line in lines) == 1


def test_a_tape_a_trace_a_module_and_a_graph_alone(typed):
    with learngrad.record() as tape:
        x = learngrad.ones(3, requires_grad=True)
        (x * 2).sum().backward()
        (x * 3).sum().backward()
    assert "Its .grad was [2, 2, 2] and becomes [5, 5, 5]." in "".join(typed(what=tape))
    assert typed(what=tape.to_dict()) == typed(what=tape)
    first = Session(tape.to_dict(), replay=0)
    first.run()
    assert typed(what=learngrad.ones(2)) == [
        "A graph of 1 constant.", "  node         from      value   gradient",
        "  constant #0  constant  [1, 1]", "No backward pass begins here: this tensor does not "
        "require a gradient: it was made without requires_grad=True, from tensors that need none, "
        "or under no_grad. x.requires_grad_() asks for one."]
    layer, why = trace_of(nn.Linear(2, 3), learngrad.ones(1, 2))
    assert [n["op"] for n in layer["nodes"]][-1] == "linear"
    assert "holds 3 numbers, and a backward pass begins at one" in why
    with learngrad.record() as empty:
        pass
    assert typed(what=empty)[0] == "A graph with no nodes yet."


def test_a_file_of_a_trace(tmp_path):
    file = tmp_path / "step.json"
    with learngrad.record() as tape:
        learngrad.tensor(2.0, requires_grad=True) * 3
    tape.save(file)
    assert trace_of(file) == trace_of(str(file)) == (tape.to_dict(), "")
    file.write_text("{}")
    with pytest.raises(TraceError, match="not a trace"):
        trace_of(file)


def test_a_long_graph_is_cut_and_p_prints_all(typed):
    x = learngrad.tensor(1.0, requires_grad=True)
    for _ in range(60):
        x = x * 1.5
    lines = typed("p", "q", what=x)
    assert sum("more; p prints all" in line for line in lines) == 1
    assert len(lines) > 100


def test_wrong_things(loss):
    with pytest.raises(ArgumentTypeError, match="inputs are for what is called"):
        learngrad.step(learngrad.ones(2), 3)
    with pytest.raises(TraceError):
        learngrad.step({"nodes": []})
    spent = learngrad.ones(1, requires_grad=True).exp()
    spent.backward()
    with pytest.raises(GraphError, match="freed"):
        learngrad.step(spent)
    with pytest.raises(ArgumentError, match="there is no replay 3"):
        Session(trace_of(loss)[0], replay=3)


def test_a_call_that_gives_a_loss_is_replayed_and_leaves_no_gradient(typed):
    w = learngrad.tensor(3.0, requires_grad=True)
    lines = typed(what=lambda: (w * 2) ** 2)
    assert "Step 3 of 3: w is a leaf. Its .grad was empty and becomes 24." in lines
    assert w.grad is None


def test_a_function_of_plain_numbers_has_a_graph_too(typed):
    lines = typed(np.array([1.0, 2.0]), what=lambda a: np.sum(a ** 2))
    assert "Step 3 of 3: a is a leaf. Its .grad was empty and becomes [2, 4]." in lines
    lines = typed(2.0, -3.0, what=lambda a, b: a * b + a)
    assert "Forward 1 of 2: multiply, a × b. From a = 2 and b = −3 comes −6." in lines
    assert "Step 4 of 4: a is a leaf. Its .grad was empty and becomes −2." in lines
    layer = typed(np.ones((1, 3), "float32"), what=nn.Linear(3, 1))  # data of a model stays so
    assert layer[0].startswith("A graph of 1 operation and 2 parameters.")


def test_what_ran_before_an_error_is_printed(typed, capsys):
    def wrong(x):
        return (x * 2) @ learngrad.ones(3)

    with pytest.raises(RuntimeError, match="inner sizes"):
        learngrad.step(wrong, learngrad.ones(2, requires_grad=True))
    assert "x * 2" in capsys.readouterr().out


class Two(nn.Module):
    def forward(self, a, b, *, mask):
        return a * b


OUTPUTS = learngrad.ones(2, requires_grad=True) * 2


@pytest.mark.parametrize(("what", "inputs", "says", "fix"), [
    ([1], (), "not list: plain numbers", "x = learngrad.tensor(..., requires_grad=True)"),
    (np.ones(3), (), "not ndarray: plain numbers", "learngrad.tensor(..."),
    (3.0, (), "not float: plain numbers", "learngrad.tensor(..."),
    (None, (), "not None, which is what backward() and", "{name}(loss)"),
    ((OUTPUTS, OUTPUTS), (), "not a tuple of 2", "{name}(outputs[0]), one of them"),
    ({"logits": OUTPUTS}, (), "not a dict of tensors", "{name}(outputs['logits'])"),
    (OUTPUTS.sum().replay(), (), "not a generator; the replay is made here", "{name}(loss)"),
    (learngrad.float32, (), "not Float32DType", "{name}(model, x)"),
    (OUTPUTS, (OUTPUTS,), "inputs are for what is called, and Tensor is not", "{name}(model, x)"),
    (nn.Linear, (2, 3), "Linear is a class", "{name}(Linear(...), x)"),
    (nn.Sequential(), (), "It takes input, and none was given", "{name}(model, input)"),
    (nn.MSELoss(), (OUTPUTS,), "takes input, target, and 1 was given", "(model, input, target)"),
    (nn.ReLU(), (OUTPUTS, OUTPUTS), "takes input, and 2 were given", "(model, input)"),
    (Two(), (OUTPUTS,), "takes a, b, mask", "(lambda: model(a, b, mask=mask))"),
    ("x*x", (), "'x*x' is no file that is there", "{name}(x*x)"),
    ("no/such.json", (), "is no file that is there", 'tape.save("graph.json")'),
    (Path("/"), (), "is a folder, not a file", 'tape.save("graph.json")'),
], ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("name", ["step", "show"])
def test_what_has_no_graph_is_told_what_to_write(name, what, inputs, says, fix):
    with pytest.raises((ArgumentTypeError, FileNotFoundError)) as error:
        getattr(learngrad, name)(what, *inputs)
    assert says in str(error.value)
    assert fix.format(name=f"learngrad.{name}") in str(error.value)


@pytest.mark.parametrize(("make", "says"), [
    (lambda w: w.detach(), "cut out of the graph by detach"),
    (lambda w: w, "w is a leaf: gradients end there"),
    (lambda w: w * 2, "holds 2 numbers, and a backward pass begins at one"),
    (lambda w: learngrad.tensor([1, 2]), "only floating ones have gradients"),
])
def test_where_no_backward_pass_begins_it_is_said_why(typed, make, says):
    w = learngrad.ones(2, requires_grad=True)
    assert any(says in line for line in typed(what=make(w)))


@pytest.mark.parametrize(("call", "says"), [
    (lambda: (x for x in ()), "the call gave a generator, which has not run yet"),
    (lambda: np.ones(3), "Nothing was recorded: the call computed with no learngrad tensor"),
    (lambda: (OUTPUTS * 2, 3), "The call gave a tuple, and a backward pass begins at one number"),
])
def test_a_call_without_a_loss_says_so(typed, call, says):
    assert any(says in line for line in typed(what=call))


def test_a_reader_who_leaves_ends_it_quietly():
    """As `head` does: what is printed after it has gone raises in the pipe."""
    program = ("import learngrad\nx = learngrad.tensor(1.0, requires_grad=True)\n"
               "for _ in range(400): x = x * 1.01\nlearngrad.step(x)\nprint('after')")
    done = subprocess.run(f'{sys.executable} -c "{program}" < /dev/null | head -n 1', shell=True,
                          capture_output=True, text=True)
    assert done.stdout == "A graph of 400 operations and 1 leaf. 1 backward replay of 401 steps.\n"
    assert done.stderr == ""


@pytest.mark.parametrize("wide", [20, 40, 60, 80, 200])
def test_in_a_terminal_everything_fits(monkeypatch, typed, wide):
    monkeypatch.setattr(terminal, "width", lambda: wide)
    x = learngrad.ones(16, 64)
    hidden = nn.functional.relu(nn.Linear(64, 32)(x))
    lines = typed("?", "p", what=nn.Linear(32, 10)(hidden).square().mean())
    assert all(cells(line) <= max(wide, 40) for line in lines)
    if wide >= 40:
        assert any(line.startswith("  To ") for line in lines)
        assert max(map(cells, lines)) > wide - 12 or wide == 200  # the room is used


@pytest.mark.parametrize("terminal_there", [True, False])
def test_an_interrupt_quits_a_terminal_and_stops_a_notebook(monkeypatch, loss, terminal_there):
    def interrupted(_prompt=""):
        raise KeyboardInterrupt

    monkeypatch.setattr(builtins, "input", interrupted)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: terminal_there)
    with contextlib.nullcontext() if terminal_there else pytest.raises(KeyboardInterrupt):
        learngrad.step(loss)


def test_in_a_notebook_that_nobody_looks_at(monkeypatch, capsys, loss):
    prompts = []

    def nobody(prompt=""):
        prompts.append(prompt)
        raise NotImplementedError("raw_input was called, but this frontend does not support input")

    monkeypatch.setattr(builtins, "input", nobody)
    learngrad.step(loss, predict=True)
    assert "Step 5 of 5" in capsys.readouterr().out
    assert prompts == ["[forward 0 of 3] "]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_in_a_terminal_there_is_a_prompt_and_ctrl_d_ends_it(tmp_path):
    import pty

    path = tmp_path / "program.py"
    path.write_text(SCRIPT.format(option=", predict=True"))
    main, terminal = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, str(path)], stdin=terminal, stdout=terminal, stderr=terminal,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"})
    os.close(terminal)
    seen = b""

    def wait_for(text):
        nonlocal seen
        while text not in seen:
            seen += os.read(main, 4096)

    try:
        wait_for(b"[forward 0 of 3] ")
        assert b"Enter, n" in seen
        os.write(main, b"n\n")
        wait_for(b"[answer] ")
        os.write(main, b"-6\n")
        wait_for(b"[forward 1 of 3] ")
        os.write(main, b"\x04")
        wait_for(b"Score: 1 of 1 right.")
        assert running.wait(60) == 0
        assert b"Step 1 of" not in seen
    finally:
        running.kill()
        running.wait()
        os.close(main)


def test_a_tensor_of_pytorchs_is_told_by_its_library():
    Tensor = type("Tensor", (), {"__module__": "torch"})
    for look in (learngrad.step, learngrad.show):
        with pytest.raises(ArgumentTypeError, match=r"learngrad tensor.* not torch\.Tensor"):
            look(Tensor())


def test_a_backward_call_that_was_refused_is_not_the_one_to_walk(typed):
    a = learngrad.tensor(2.0, requires_grad=True)
    with learngrad.record() as tape:
        loss = (a * a * a).log()
        loss.backward()
        with pytest.raises(GraphError):
            loss.backward()
    trace = tape.to_dict()
    assert [len(replay["steps"]) for replay in trace["replays"]] == [4, 0]
    said = typed(what=tape)
    assert any(line.startswith("Step 4 of 4: a is a leaf.") for line in said)
    assert walk(trace, 1)[-1] == (
        "Backward 2 ended before its first step: a backward call before it had freed what its "
        "operations saved; that one needs retain_graph=True.")


def test_gradients_of_earlier_turns_stay(typed):
    w = learngrad.tensor([1.0, 2.0], requires_grad=True)
    with learngrad.record() as tape:
        for _ in range(2):
            loss = (w * 3).sum()
            loss.backward()
    last = "\n".join(typed("g 3", "p", "q", what=tape)).rpartition("gradient\n")[2]
    assert "none yet" not in last
    assert last.count("[1, 1]") == 2


def test_several_outputs_have_a_gradient_each_in_the_graph(typed):
    s = learngrad.tensor([2.0, 3.0], requires_grad=True)
    with learngrad.record() as tape:
        a, b = s.unbind()
        (a * b).backward()
    said = "\n".join(typed(what=tape))
    assert "3 at output 0 and 2 at output 1" in said.rpartition("gradient\n")[2]


def test_where_nothing_can_be_asked_there_is_no_score(typed):
    x = learngrad.tensor([1.0, 2.0], requires_grad=True)
    with learngrad.record() as tape:
        x.relu()
    said = "\n".join(typed(what=tape, predict=True))
    assert "No step of this graph can be worked out by head: they are shown as" in said
    assert "Score" not in said
