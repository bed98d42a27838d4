"""Predict, then reveal: what is asked about a trace, and which mistake an answer comes from."""

import json
import math
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learngrad
from learngrad import nn
from learngrad.errors import TraceError
from learngrad.trace import rehearse, sentences
from learngrad.trace.account import describe
from learngrad.trace.answers import Quiz, _near, judge, read_number, read_shape, told
from learngrad.trace.facts import Facts
from learngrad.trace.html import to_html
from learngrad.trace.questions import MOST, sheet
from learngrad.trace.rehearsal import veiled
from learngrad.trace.slips import BACKWARD, FORWARD, HINTS, outcomes
from learngrad.trace.svg import to_svg
from learngrad.trace.walk import walk

CASES = json.loads((Path(__file__).parent / "answer_cases.json").read_text("utf-8"))


def leaf(*value):
    return learngrad.tensor(value[0] if len(value) == 1 else list(value), requires_grad=True)


def asked(program, *, backward=True, **given):
    """The questions about a program's trace, those of one index or about one text."""
    with learngrad.record() as tape:
        loss = program()
        if backward:
            loss.backward()
    found = sheet(tape.to_dict())
    wanted = [one for one in found["questions"]
              if all(one[key] == value for key, value in given.items())]
    return wanted, found["hints"]


def cause(question, typed, hints):
    """The key of the hint that an answer gets."""
    verdict = judge(question, typed, {key: key for key in hints})
    return verdict.hint or verdict.kind


# ---- Answers -------------------------------------------------------------------------------------

@pytest.mark.parametrize(("typed", "value", "unit"), CASES["numbers"])
def test_a_number_is_read_however_it_is_typed(typed, value, unit):
    assert read_number(typed) == pytest.approx((value, unit))


@pytest.mark.parametrize("typed", CASES["no_numbers"])
def test_what_is_no_number_is_none(typed):
    assert read_number(typed) is None


@pytest.mark.parametrize(("typed", "shape"), CASES["shapes"])
def test_a_shape_is_read_however_it_is_typed(typed, shape):
    assert read_shape(typed) == shape


@pytest.mark.parametrize("typed", CASES["no_shapes"])
def test_what_is_no_shape_is_none(typed):
    assert read_shape(typed) is None


@pytest.mark.parametrize(("name", "typed", "kind", "hint"), CASES["judged"])
def test_an_answer_is_judged(name, typed, kind, hint):
    assert judge(CASES["questions"][name], typed, CASES["hints"]) == (kind, hint)


@pytest.mark.parametrize(("name", "text"), CASES["told"].items())
def test_the_right_answer_is_written_out(name, text):
    assert told(CASES["questions"][name]) == text


def test_answers_are_counted_and_a_question_ends_after_two_wrong_ones():
    quiz = Quiz({"questions": list(CASES["questions"].values()), "hints": CASES["hints"]})
    third, nothing = quiz.before(1)
    assert quiz.before(1) == []  # each is asked once
    assert [quiz.answer(third, typed)[1] for typed in ("what?", "0.3", "5", "6")] == [
        False, False, False, True]
    assert quiz.score() == "0 of 1 right"
    assert quiz.answer(nothing, "0")[1]
    assert quiz.score() == "1 of 2 right"
    shape, _ = quiz.before(2)
    quiz.answer(shape, "(4, 3)")
    assert quiz.answer(shape, "(3, 4)")[1]
    quiz.give_up()
    assert quiz.score() == "2 of 4 right, 1 at the first try"
    quiz.reset()
    assert quiz.score() == "no question answered yet"


# ---- Mistakes ------------------------------------------------------------------------------------

def product():
    a, b = leaf(2.0), leaf(-3.0)
    c = a * b
    return (c + a) * 5


def square():
    x = leaf(3.0)
    return x * x * 4


def unary(name, value):
    def program():
        x = leaf(value)
        y = getattr(x, name)()
        return y * 2
    program.__name__ = name
    return program


def power():
    x = leaf(3.0)
    return x ** 4 * 2


def quotient():
    a, b = leaf(6.0), leaf(4.0)
    return a / b * 8


def difference():
    a, b = leaf(6.0), leaf(4.0)
    return (a - b) * 8


def mean():
    return leaf(1.0, 2.0, 6.0, 7.0).mean() * 8


def total():
    return leaf(1.0, 2.0, 6.0).sum() * 6


def squares():
    return nn.functional.mse_loss(leaf(1.0, 5.0), learngrad.tensor([0.5, 3.0])) * 4


def largest():
    a, b = leaf(2.0), leaf(5.0)
    return learngrad.maximum(a, b) * 3


def bias():
    x, b = learngrad.tensor([[1.0, 2.0], [3.0, 4.0]]), leaf(0.5, 0.25)
    y = (x * leaf(1.0)).detach() + b
    return (y * learngrad.tensor([[1.0, 2.0], [3.0, 5.0]])).sum()


def rounded(value):
    return f"{value:.6g}"


T, S, E = math.tanh(0.5), 1 / (1 + math.exp(-0.5)), math.exp(0.5)
MISTAKES = [
    # program, what is asked, the right answer, and what each wrong one comes from
    (product, "c pass back to b", "10", {"-15": "swapped", "2": "local-only", "5": "upstream-only",
     "-10": "sign", "7": "chain-added", "2.5": "chain-divided", "-6": "value-result",
     "-3": "value-itself", "77": "nudge-number"}),
    (product, "at a after this step", "-10", {"-15": "overwrote", "5": "kept", "20": "less",
     "-75": "multiplied", "15": "swapped+", "2": "local-only+", "99": "nudge-sum"}),
    (product, "c + a pass back to c", "5", {"10": "add-times", "2.5": "add-share", "-5": "sign"}),
    (square, "used twice here", "24", {"12": "one-path"}),
    (power, "x ** 4 pass back", "216", {"648": "pow-kept", "54": "pow-factor", "8": "pow-base",
     "24": "pow-power", "97.2": "pow-integral", "108": "local-only"}),
    (quotient, "b pass back to a", "2", {"32": "div-times"}),
    (quotient, "pass back to b", "-3", {"2": "div-above", "-12": "div-square", "3": "sign"}),
    (difference, "pass back to b", "-8", {"8": "sub-sign", "-1": "local-only"}),
    (unary("tanh", 0.5), "y pass back", rounded(2 * (1 - T * T)),
     {rounded(2 * (1 - 0.25)): "input", rounded(2 * (1 - T)): "not-squared",
      rounded(2 * T * (1 - T)): "rule-of-sigmoid", rounded(2 * T * T): "one-minus"}),
    (unary("sigmoid", 0.5), "y pass back", rounded(2 * S * (1 - S)),
     {"0.50": "input", rounded(2 * (1 - S * S)): "rule-of-tanh", rounded(2 * S): "one-factor"}),
    (unary("exp", 0.5), "y pass back", rounded(2 * E),
     {"1": "exp-itself", rounded(2 * 0.5 * math.exp(-0.5)): "exp-power"}),
    (unary("log", 4.0), "y pass back", "1/2",
     {rounded(2 / math.log(4)): "log-output", "8": "log-times"}),
    (unary("sqrt", 16.0), "y pass back", "1/4", {"1/16": "input", "0.5": "sqrt-half",
                                                    "4": "sqrt-times"}),
    (unary("relu", -3.0), "y pass back", "0", {"2": "relu-passed", "-6": "relu-value"}),
    (unary("relu", 3.0), "y pass back", "2", {"0": "relu-held", "6": "relu-value"}),
    (unary("neg", 3.0), "y pass back", "-2", {"2": "sub-sign"}),
    (unary("sin", 1.0), "y pass back", rounded(2 * math.cos(1.0)),
     {rounded(math.cos(1.0)): "local-only", "2": "upstream-only"}),
    (mean, "back to leaf #0[", "2", {"8": "mean-n", "32": "mean-times"}),
    (total, "back to leaf #0[", "6", {"2": "sum-mean"}),
    (squares, "back to leaf #0[", "2", {"1": "mse-two", "-2": "mse-turned",
                                               "0.5": "mse-loss"}),
    (largest, "pass back to a", "0", {"3": "loser"}),
    (largest, "pass back to b", "3", {"0": "winner", "5": "value-result"}),
    (bias, "to b[1]", "7", {"2": "unsummed", "5": "unsummed", "3.5": "averaged"}),
]


@pytest.mark.parametrize(("program", "about", "right", "wrong"), MISTAKES,
                         ids=[f"{p.__name__}: {a}" for p, a, _, _ in MISTAKES])
def test_a_wrong_number_tells_its_cause(program, about, right, wrong):
    wanted, hints = asked(program, kind="number")
    question = next(one for one in wanted if one["index"] > 0 and about in one["ask"])
    assert cause(question, right, hints) == "right"
    assert {typed: cause(question, typed, hints) for typed in wrong} == wrong


def test_going_forward_a_wrong_number_tells_its_cause():
    def program():
        a, b = leaf(-2.0), leaf(5.0)
        return ((a * b + b) - a / b).relu() + a ** 3 + (-a) + leaf(1.0, 3.0).mean()

    wanted, hints = asked(program, kind="number")
    forward = {one["ask"]: one for one in wanted if one["index"] < 0}
    found = {(ask.split(" ", 2)[2], typed): cause(one, typed, hints)
             for ask, one in forward.items() for typed in ("3", "10", "-6", "8", "-2", "-2.5", "4")}
    assert found["a × b?", "3"] == "fore-added"
    assert found["a × b?", "10"] == "fore-sign"
    assert found["a ÷ b?", "-2.5"] == "fore-turned"
    assert found["a ** 3?", "-6"] == "fore-power-times"
    assert found["a ** 3?", "8"] == "fore-power-sign"
    assert found["−a?", "-2"] == "fore-same"
    assert next(v for (ask, typed), v in found.items() if ask.startswith("mean") and typed == "4"
                ) == "fore-sum"


def network():
    learngrad.manual_seed(0)
    x, W = learngrad.randn(4, 3), leaf([[1.0] * 5] * 3)
    b, V = leaf([0.0] * 5), leaf([[1.0] * 2] * 5)
    h = x @ W + b
    return (h @ V).sum()


SHAPES = [
    ("x @ W?", "(4, 5)", {"(5, 4)": "matmul-turned", "(4, 3)": "matmul-inner",
                          "(3, 5)": "matmul-inner", "(9, 9)": "nudge-shape-out"}),
    ("passes back to b", "(5,)", {"(4, 5)": "shape-unsummed", "(1, 5)": "shape-axis",
                                  "()": "shape-loss"}),
    ("passes back to W", "(3, 5)", {"(5, 3)": "shape-turned", "(4, 3)": "shape-other",
                                    "(4, 5)": "shape-upstream", "7": "nudge-shape"}),
    ("passes back to h?", "(4, 5)", {"(5, 4)": "shape-turned", "(5, 2)": "shape-other",
                                     "(4, 2)": "shape-upstream"}),
]


@pytest.mark.parametrize(("about", "right", "wrong"), SHAPES)
def test_a_wrong_shape_tells_its_cause(about, right, wrong):
    wanted, hints = asked(network, kind="shape")
    question = next(one for one in wanted if about in one["ask"])
    assert cause(question, right, hints) == "right"
    assert {typed: cause(question, typed, hints) for typed in wrong} == wrong
    # What would give the answer away is not told.
    told_ = [value for label, value in question["given"] if label.startswith("shape of")]
    assert question["index"] < 0 or right not in told_


def test_which_product_is_the_gradient():
    wanted, hints = asked(network, kind="choice")
    products = {one["ask"]: one for one in wanted if "product" in one["ask"]}
    weights = products["Which product is the gradient of V?"]
    assert {text: cause(weights, text, hints) for text, _ in weights["choices"]} == {
        "hᵀ @ g": "right", "h @ g": "product-plain", "g @ hᵀ": "product-order",
        "Vᵀ @ g": "product-itself"}
    layer, hints = asked(lambda: nn.Linear(3, 2)(learngrad.ones(4, 3)).sum(), kind="choice")
    assert {text: cause(layer[0], text, hints) for text, _ in layer[0]["choices"]} == {
        "gᵀ @ constant #0": "right", "constant #0ᵀ @ g": "product-turned",
        "g @ constant #0": "product-plain", "gᵀ @ weight": "product-itself"}


def test_a_node_that_has_to_wait_is_asked_about():
    (question,), hints = asked(product, kind="choice")
    names = {label: str(value) for value, label in question["choices"]}
    assert question["ask"] == "Which node's turn is it next?"
    assert question["nodes"]
    assert cause(question, names["c"], hints) == "right"
    assert cause(question, names["a"], hints) == "waits"
    assert cause(question, names["b"], hints) == "nothing"


def test_of_two_that_could_go_either_is_right():
    def program():
        a, b = leaf(2.0), leaf(3.0)
        c, d = a * b, a + b
        return (c + a) * d

    (question, *_), hints = asked(program, kind="choice")
    assert [judge(question, str(one), hints).kind for one in question["also"]] == ["right"]
    assert "made last" in judge(question, str(question["also"][0]), hints).hint


def test_an_old_gradient_is_added_to():
    a = leaf(2.0)
    (a * 3).backward()
    (question,), hints = asked(lambda: a * 5, index=2)
    assert (question["ask"], question["answer"]) == ("What does a.grad become?", 8)
    assert [cause(question, typed, hints) for typed in ("5", "3", "-2", "15")] == [
        "grad-overwrote", "grad-kept", "subtracted", "multiplied"]


# ---- A diagnosis is right, whatever the numbers --------------------------------------------------

UNARY = ("tanh", "sigmoid", "exp", "log", "sqrt", "relu", "neg", "reciprocal", "abs", "square")
BINARY = ("mul", "div", "add", "sub", "maximum")
VALUE = st.integers(-30, 30).filter(bool).map(lambda n: n / 8)


def test_an_operand_is_told_by_its_own_index():
    def program():
        x, b = leaf([1.0, 2.0], [3.0, 4.0]), leaf(0.5, -1.0)
        y = x * b
        return y.sum()

    wanted, _ = asked(program, kind="number")
    given = dict(next(one for one in wanted if one["index"] == 2)["given"])
    assert next(label for label in given if label.startswith("b")) in ("b[0]", "b[1]")


@given(st.lists(VALUE, min_size=3, max_size=3),
       st.lists(st.tuples(st.sampled_from(UNARY + BINARY), st.integers(0, 9), st.integers(0, 9)),
                min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_diagnosis_is_what_was_done_wherever_that_can_be_told(values, program):
    """Every mistake is made at every step of random programs, and typed with many and few digits.

    Whoever made it is told so, or, where another leads to the same number, what that is; and what
    is told always leads to the number that was typed.
    """
    with learngrad.record(live=False) as tape:
        made = [leaf(value) for value in values]
        for name, i, j in program:
            x, y = made[i % len(made)], made[j % len(made)]
            if name in ("log", "sqrt"):
                x = x.abs() + 0.5
            made.append(getattr(x, name)() if name in UNARY else
                        learngrad.maximum(x, y) if name == "maximum" else
                        getattr(learngrad, name)(x, y))
        sum(made[3:]).backward()
    trace = tape.to_dict()
    found, facts = sheet(trace), Facts(trace)
    steps = {at + 1: step for at, step in enumerate(trace["replays"][0]["steps"])}
    for question in found["questions"]:
        if question["kind"] != "number" or question["index"] < 1:
            continue
        for key, outcome in slips_at(facts, steps[question["index"]], question):
            for typed in (repr(float(f"{outcome:.7g}")), f"{outcome:.2g}", f"{outcome:.1g}"):
                check(question, key, outcome, typed, found["hints"])


def slips_at(facts, step, question):
    """What each mistake leads to at a question, worked out without the sheet."""
    if step.get("write"):
        return
    for part in step["contributions"]:
        local = facts.local(step, part)
        same = [p for p in step["contributions"] if p["to"] == part["to"]]
        if local is None or len(same) > 1 or (local.to not in question["ask"].split(" to ")[-1] \
                and f"gradient at {local.to} " not in question["ask"]):
            continue
        before = facts.element(part["before"], local.place)
        for key, value in outcomes(BACKWARD, local.op, local.letter, local.known):
            yield (key, value) if before is None else (f"{key}+", before + value)
        if before is not None:
            yield "overwrote", local.known["v"]
            yield "kept", before


def check(question, key, outcome, typed, hints):
    kind, told_ = judge(question, typed, {key: key for key in hints})
    value, unit = read_number(typed)
    fits = {k for k, v in question["slips"] if _near(value, unit, v)}
    if kind == "wrong" and not told_.startswith("nudge"):
        assert told_ in fits  # it leads to what was typed
        assert abs(value - question["answer"]) > unit / 2 or value == 0  # and that was not right
        close = [k for k, v in question["slips"] if _near(value, 0, v)]
        assert close or len(fits) == 1  # of several that fit, none is told
    exact = abs(outcome - value) <= 1e-6 * abs(value)
    known = dict(reversed(question["slips"]))
    alone = fits == {key} and known.get(key) == pytest.approx(outcome, rel=1e-6)
    if exact and alone and kind != "unread":
        assert (kind, told_) in (("wrong", key), ("right", "")), (question, key, typed)


# ---- The sheet -----------------------------------------------------------------------------------

def test_every_hint_is_used_and_names_only_what_is_given():
    keys = {slip.hint for slip in BACKWARD + FORWARD}
    assert keys <= HINTS.keys()
    for text in HINTS.values():
        assert set(re.findall(r"{(\w+)}", text)) <= {"to", "other", "node", "first"}


@pytest.mark.parametrize("program", [product, square, network, squares, bias])
def test_a_sheet_is_plain_data_always_the_same_and_no_answer_is_a_mistake(program):
    learngrad.manual_seed(1)
    with learngrad.record() as tape:
        program().backward()
    found = sheet(tape.to_dict())
    assert json.loads(json.dumps(found, allow_nan=False)) == found == sheet(tape.to_dict())
    assert found["questions"]
    for one in found["questions"]:
        typed = told(one) if one["kind"] != "choice" else str(one["answer"])
        assert judge(one, typed, found["hints"]).kind in ("right", "rough")
        assert {key for key, _ in one["slips"]} <= found["hints"].keys()


def test_a_long_trace_has_no_more_questions_than_a_sheet_holds():
    def program():
        x = leaf(1.0)
        for _ in range(MOST):
            x = x * 1.001
        return x

    wanted, _ = asked(program)
    assert len(wanted) == MOST


def test_hostile_names_and_values_do_no_harm():
    def program():
        x = leaf(float("inf"))
        x.name = "<script>{to}"
        y = leaf(float("nan"))
        return (x * y).relu() * learngrad.tensor(2.0) + leaf(1e38) * leaf(1e38)

    with learngrad.record() as tape:
        program().backward(learngrad.tensor(1.0))
    json.dumps(sheet(tape.to_dict()), allow_nan=False)
    with pytest.raises(TraceError):
        sheet({"schema": "something else"})


def test_a_trace_without_backward_is_asked_about_going_forward():
    wanted, _ = asked(product, backward=False)
    assert [one["index"] for one in wanted] == [-3, -2, -1]


# ---- What may be seen ----------------------------------------------------------------------------

def test_what_stands_in_for_a_view_gives_nothing_away():
    with learngrad.record() as tape:
        a, b = leaf(2.25), leaf(-3.5)
        loss = (a * b).tanh() * 7.125
        loss.backward()
    trace = tape.to_dict()
    secrets = [n["preview"]["values"][0] for n in trace["nodes"] if n["kind"] == "operation"]
    secrets += [g["values"][0] for n in trace["nodes"] if (g := n.get("grad"))]
    bare = veiled(trace, forward=True)
    page = to_html(trace, predict=True).split('id="learngrad-data"')[0]
    picture = to_svg(bare) or ""
    for secret in secrets:
        text = learngrad.trace.text.number(secret)
        if text not in ("1", "7.125"):  # what the program says itself
            for where in (describe(bare), picture, page):
                assert f">{text}<" not in where
                assert f" {text}\n" not in where
                assert f"grad {text}" not in where
    assert "?" in describe(bare)
    shown = veiled(trace, forward=False)
    assert [n["preview"] for n in shown["nodes"]] == [n["preview"] for n in trace["nodes"]]
    assert not any("grad" in n for n in shown["nodes"])


# ---- A rehearsal ---------------------------------------------------------------------------------

def test_a_rehearsal_leaves_everything_as_it_was():
    a, b = leaf(2.0), leaf(3.0)
    (a * 1.0).backward()
    kept = a.grad
    c = a * b
    c.retain_grad()
    loss = c + a
    trace = rehearse(loss).to_dict()
    assert a.grad is kept
    assert a.grad.item() == 1
    assert b.grad is None
    assert c.grad is None
    write = next(s["write"] for s in trace["replays"][0]["steps"]
                 if s.get("write") and s["write"]["before"])
    assert (write["before"]["values"], write["after"]["values"]) == ([1], [5])
    loss.backward()
    assert (a.grad.item(), b.grad.item(), c.grad.item()) == (5, 2, 1)


def test_a_rehearsal_that_fails_leaves_everything_as_it_was():
    a = leaf(2.0)
    (a * 1.0).backward()
    loss = a.exp()
    loss.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rehearse(loss)
    assert a.grad.item() == 1
    spent = a * a
    spent.backward()
    with pytest.raises(learngrad.errors.GraphError, match="freed"):
        rehearse(spent)


def test_a_rehearsal_knows_values_that_nobody_kept():
    a, b = leaf(2.0), leaf(3.0)
    loss = (a + b).tanh()
    assert [n["preview"]["values"] for n in rehearse(loss).to_dict()["nodes"]][:3] == [
        [2], [3], [5]]
    with learngrad.no_grad():
        a.add_(1)  # what it was then is no longer known
    nodes = {n["op"]: n["preview"] for n in rehearse(loss).to_dict()["nodes"] if n["op"]}
    assert nodes["add"] is None
    assert nodes["tanh"] is not None


def test_what_is_no_loss_is_only_drawn():
    assert rehearse(leaf(1.0, 2.0) * 2).to_dict()["replays"] == []
    assert rehearse(learngrad.ones(3)).to_dict()["replays"] == []
    assert sentences(learngrad.ones(3)) == []


def test_the_steps_of_a_replay_in_the_words_of_the_views():
    with learngrad.record() as tape:
        loss = product()
        loss.backward(retain_graph=True)
    views = walk(tape.to_dict())[-len(tape.to_dict()["replays"][0]["steps"]):]
    said = sentences(loss)
    steps = list(loss.replay())
    assert len(steps) == len(said) == len(views)
    # Neither the names of leaves that have gone are known any more, nor who called product().
    assert "loss = (" in views[0]
    assert said[0] == views[0].replace("loss = ", "")
    assert str(steps[0]) == "<step of MulBackward0: 1 arrived; 5 to operand 0>"
    assert [c.before is None for c in steps[2].contributions] == [False, True]
    assert repr(steps[2].contributions[0]) == (
        "<contribution to operand 0: -15, which had 5 and has -10>")
    assert sys.getsizeof(steps[0]) < 200


def test_a_graph_that_nobody_watched_is_asked_about_as_far_as_it_is_known():
    net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    x, y = learngrad.ones(5, 4), learngrad.tensor([0, 1, 1, 0, 1])
    loss = nn.functional.cross_entropy(net(x), y)
    found = sheet(rehearse(loss).to_dict())
    tanh = next(one for one in found["questions"] if ["operation", "tanh(linear #4)"]
                in one["given"])
    # Its input was not kept; its output is enough.
    assert [label.split("[")[0] for label, _ in tanh["given"][1:]] == [
        "arriving at tanh #5", "tanh #5"]
