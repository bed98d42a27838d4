"""What a screen reader or a terminal is told."""

import json

import pytest

import learngrad
from learngrad.trace import Recorder
from learngrad.trace.account import describe
from learngrad.trace.walk import walk
from learngrad.trace.words import place_of, sentence, sentences, summary, table


def test_the_whole_of_a_small_program(traces):
    assert describe(traces["chain_rule"]()) == """\
A graph of 3 operations and 2 leaves. 1 backward replay of 5 steps.

Line 1 of cell 1: a = learngrad.tensor(2.0, requires_grad=True)
  a = 2, a leaf that wants a gradient
Line 2 of cell 1: b = learngrad.tensor(3.0, requires_grad=True)
  b = 3, a leaf that wants a gradient
Line 3 of cell 1: c = a * b
  c = a × b = 6
Line 4 of cell 1: d = c + a
  d = c + a = 8
Line 5 of cell 1: loss = d ** 2
  loss = d ^ 2 = 64

Gradients
a: 64
b: 32
c: 16
d: 16
loss: 1
"""


def test_each_step_of_a_replay_is_a_sentence(traces):
    assert sentences(traces["chain_rule"](), 0) == [
        "Step 1 of 5: raise to a power, loss = d ^ 2. The gradient arriving is 1. "
        "To d: times 2 · 8 gives 16.",
        "Step 2 of 5: add, d = c + a. The gradient arriving is 16. To c: times 1 gives 16. "
        "To a: times 1 gives 16.",
        "Step 3 of 5: multiply, c = a × b. The gradient arriving is 16. "
        "To a: times the other input b, which is 3, gives 48; with 16 already there that makes 64. "
        "To b: times the other input a, which is 2, gives 32.",
        "Step 4 of 5: b is a leaf. Its .grad was empty and becomes 32.",
        "Step 5 of 5: a is a leaf. Its .grad was empty and becomes 64.",
    ]


def test_rare_steps(traces):
    said = sentences(traces["odd"](), 0)
    assert "summed from 2 values to one number because × #1 was broadcast" in said[0]
    assert "To split #8[1]: times 1 gives [1, 1]." in said[0]
    assert "The gradient arriving is nothing at output 0 and [1, 1] at output 1." in said[1]
    assert "To v: g in its place gives [0, 0, 1, 1]." in said[1]
    assert said[2].endswith("Its .grad was [1, 1, 1, 1] and becomes [1, 1, 2, 2].")
    assert "To x: times the other input x, which is 5, gives 10; with 10 already there" in said[3]


def test_one_sentence_is_one_of_all(any_trace):
    for k, replay in enumerate(any_trace["replays"]):
        all_of_them = sentences(any_trace, k)
        assert len(all_of_them) == len(replay["steps"])
        assert [sentence(any_trace, k, i) for i in range(len(all_of_them))] == all_of_them


def test_there_is_no_such_step(traces):
    with pytest.raises(IndexError):
        sentence(traces["chain_rule"](), 0, 5)
    with pytest.raises(IndexError):
        sentence(traces["chain_rule"](), 1, 0)


def local(trace, operand=0, **changes):
    """The first step's sentence about an operand, with another local derivative."""
    trace["replays"][0]["steps"][2]["contributions"][operand].update(changes)
    return sentence(trace, 0, 2)


@pytest.mark.parametrize(("changes", "says"), [
    ({"local": "g @ bᵀ", "numbers": ""}, "To a: g @ bᵀ gives 48"),
    ({"local": "2 · (b − a) / n", "numbers": ""}, "To a: times 2 · (b − a) / n gives 48"),
    ({"local": "1 − out²", "numbers": ""}, "To a: times 1 − c² gives 48"),
    ({"local": "b", "numbers": ""}, "To a: times b gives 48"),
    ({"local": "1 / b", "numbers": "1 / 3"}, "To a: times 1 / b = 1 / 3 gives 48"),
    ({"local": "", "numbers": "3"}, "To a: times 3 gives 48"),
    ({"local": "", "numbers": ""}, "To a: the contribution is 48"),
    ({"local": "k · b", "numbers": "5 · 3"}, "To a: times 5 · 3 gives 48"),
    ({"local": "g · a\u0302", "numbers": ""}, "To a: g · a\u0302 gives 48"),  # not a itself
    ({"local": "s · gₛ @ b", "numbers": ""}, "To a: s · gₛ @ b gives 48"),
    ({"local": "eᵀ @ b", "numbers": ""}, "To a: eᵀ @ b gives 48"),
    ({"local": "e^b", "numbers": ""}, "To a: times e^b gives 48"),
    ({"local": "see Murray 2016", "numbers": ""}, "the contribution, see Murray 2016, is 48"),
])
def test_how_a_local_derivative_is_said(traces, changes, says):
    assert says in local(traces["chain_rule"](), **changes)


def test_letters_become_the_learners_names(traces):
    trace = traces["chain_rule"]()
    trace["nodes"][0]["name"], trace["nodes"][1]["name"] = "price", "tax rate"
    said = local(trace, local="1 / b²", numbers="1 / 9")
    assert "To price: times 1 / (tax rate)² = 1 / 9 gives 48" in said


def test_a_network_before_backward(traces):
    said = describe(traces["network"]())
    assert "  linear(x, 0.weight, 0.bias) = 32×32, −1.21 to 1.875 in Linear 0, called linear #3" \
        in said
    assert "  logits = linear(relu #4, 2.weight, 2.bias) = 32×10, −0.8121 to 0.9034 in Linear 2" \
        in said
    assert "loss = cross_entropy(logits, y) = 2.318" in said
    assert said.endswith("Gradients\nNo node has a gradient yet: backward() has not run.\n")


def test_a_failure_is_told(traces):
    trace = traces["failed"]()
    assert summary(trace) == ("A graph of 1 operation, 1 leaf and 1 parameter. "
                              "It stopped at @: inner sizes 784 and 128 do not agree.")
    assert "x @ W2 failed: inner sizes 784 and 128 do not agree\n" in describe(trace)


def test_a_name_that_stands_for_many_results_gets_numbers(traces):
    said = describe(traces["chain"](4))
    assert "z #1 = z #0 × 1.0001 = 1" in said
    assert "z #3 = z #2 × 1.0001 = 1" in said


def test_a_result_without_a_name_is_called_by_its_expression(traces):
    trace = traces["chain_rule"]()
    text = "loss = (c + a) ** 2"
    trace["sources"][0]["text"] = trace["sources"][0]["text"].replace("loss = d ** 2", text)
    trace["nodes"][3]["name"] = None
    trace["nodes"][3]["src"] = {"source": 0, "line": 5, "column": 8, "end_line": 5,
                                "end_column": 13, "text": text}
    said = describe(trace)
    assert "  c + a = 8\n" in said
    assert "  loss = (c + a) ^ 2 = 64" in said


@pytest.mark.parametrize("src", [
    {"source": 0, "line": 99, "column": 0, "end_line": 99, "end_column": 3, "text": ""},
    {"source": 0, "line": 1, "column": 0, "end_line": 3, "end_column": 3, "text": ""},
    {"source": 0, "line": 1, "end_line": 1, "end_column": 3, "text": ""},
    {"source": 0, "line": 2}])
def test_without_a_usable_expression_the_number_is_used(traces, src):
    trace = traces["chain_rule"]()
    trace["nodes"][3].update(name=None, src=src)
    assert "loss = (+ #3) ^ 2" in describe(trace)


def test_a_value_is_picked_and_an_absolute_value_reads_well(traces):
    trace = traces["chain_rule"]()
    trace["sources"][0]["text"] = "row = x[0]\nout = abs(x)\n"
    for i, sign, end in ((2, "[ ]", 10), (3, "|·|", 12)):
        trace["nodes"][i].update(sign=sign, edges=[[0, 0]], operands=["x"], src={
            "source": 0, "line": i - 1, "column": 6, "end_line": i - 1, "end_column": end,
            "text": ""})
    said = describe({**trace, "replays": []})
    assert "c = x[0] = 6" in said
    assert "d = |a| = 8" in said


def test_of_a_loop_the_first_and_the_last_turn_are_told(traces):
    said = describe(traces["chain"](1000))
    assert "mul × 999, a repeat. Turn 1 of 999:\n" in said
    assert "z #1 = z #0 × 1.0001 = 1" in said
    assert "... turns 2 to 998 are alike: 997 operations ...\nTurn 999 of 999:\n" in said
    assert "z #999 = z #998 × 1.0001" in said
    assert len(said.splitlines()) < 20
    assert "a repeat" not in describe(traces["chain"](20))


def test_the_gradients_of_a_loop_too():
    with Recorder() as tape:
        z = learngrad.tensor(1.0, requires_grad=True)
        for _ in range(50):
            z = z * 1.5
        z.backward()
    trace = tape.to_dict()
    assert sentences(trace, 0)[1].startswith("Step 2 of 51, turn 49 of 50: multiply, z #49 = ")
    assert walk(trace)[3].startswith("Forward 3 of 50, turn 3 of 50: multiply, z #3 = ")
    said = describe(trace).partition("Gradients")[2]
    assert "z #50: 1\n" in said
    assert "z #25" not in said
    assert said.endswith("... and 48 operations in the turns that are left out above.\n")


def test_what_is_in_a_loop_in_a_loop_is_told_once():
    nodes = [{"id": 0, "kind": "leaf", "edges": [], "name": "z", "requires_grad": True}]
    for turn in range(10):
        lines = [(3, "add")] * (turn > 0) + [(2, "mul")] * 9
        for line, op in lines:
            nodes.append({"id": len(nodes), "kind": "operation", "op": op, "sign": op, "name": "z",
                          "requires_grad": True, "edges": [[len(nodes) - 1, 0]], "src": {
                              "source": 0, "line": line, "end_line": line, "text": op}})
    said = describe({"nodes": nodes, "sources": [{"id": 0, "first": 1, "label": "", "text": ""}],
                     "replays": []})
    assert said.count("a repeat") >= 2
    assert len(said.splitlines()) < 60


def test_long_traces_are_cut_in_the_middle_and_say_so(traces):
    trace = traces["chain"](1000)
    for node in trace["nodes"]:
        node["op"] = f"op{node['id']}"  # nothing repeats
    said = describe(trace)
    assert "... 800 more ..." in said
    assert len(said.splitlines()) < 420


def test_what_was_only_counted_is_said_first_and_by_line(traces):
    place = {"source": 0, "line": 3, "text": "z = z * 2"}
    trace = {**traces["chain_rule"](), "truncated": {"nodes": 1500, "rest": [
        {"sign": "×", "count": 1200, "src": place}, {"sign": "+", "count": 300, "src": None}]}}
    said = describe(trace)
    assert said.startswith("Only the beginning of a program: its first 5 nodes were kept "
                           "(3 operations and 2 leaves), the 1,500 operations after them only "
                           "counted. Record a smaller part of it, such as one training step, or "
                           "keep more: learngrad.record(limit=1_505).")
    assert "  1,200 times × in line 3" in said
    assert "  300 times +\n" in said


def test_a_row_for_each_node(traces):
    trace = traces["chain_rule"]()
    rows = table(trace)
    assert rows[0] == {"node": "a", "from": "leaf", "value": "2", "gradient": "64",
                       "line": "line 1 of cell 1"}
    assert rows[2] == {"node": "c", "from": "a × b", "value": "6", "gradient": "16",
                       "line": "line 3 of cell 1"}
    rows = table(traces["network"]())
    assert [row["gradient"] for row in rows] == [
        "", *["none yet"] * 7, "", "none yet"]
    assert table(traces["failed"]())[2]["value"] == "failed"


def test_where_a_node_was_made(traces):
    trace = traces["chain_rule"]()
    assert place_of(trace["nodes"][2], trace) == "line 3 of cell 1"
    assert place_of({"src": None}, trace) == ""


def test_nothing_yet(traces):
    assert describe(traces["empty"]()) == "A graph with no nodes yet.\n\n"
    assert table(traces["empty"]()) == []


def test_words_carry_no_control_characters(any_trace):
    said = [describe(any_trace), summary(any_trace), json.dumps(table(any_trace))]
    said += [s for k in range(len(any_trace["replays"])) for s in sentences(any_trace, k)]
    for text in said:
        text.encode()
        assert not set(text.replace("\n", "")) & set("\x00\x1b\u202e\u2028\r")
    assert max(map(len, "\n".join(said).split("\n"))) < 5000


def test_plain_numbers_stand_in_the_local_derivatives_of_tensors():
    x = learngrad.tensor([1.0, 2.0, 3.0, 4.0, 5.0], requires_grad=True)
    with Recorder() as tape:
        ((x * 2) ** 3 / -4).sum().backward()
    said = " ".join(sentences(tape.to_dict(), 0))
    assert "times 1 / (−4) gives" in said
    assert "times 3 · (x * 2)^(3 − 1) gives" in said
    assert "To x: times 2 gives" in said


def test_of_several_outputs_it_is_said_which():
    x = learngrad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    with Recorder() as tape:
        parts = x.unbind(1)
        product = parts[0] * parts[1]
        lowest = x.min(dim=1).values
        lowest.sum() - product.sum()
    said = describe(tape.to_dict())
    assert "product = parts[0] × parts[1]" in said
    assert "Σ(x.min(dim=1)[0])" in said


def test_several_outputs_have_the_names_that_they_were_given():
    s = learngrad.tensor([2.0, 3.0], requires_grad=True)
    with Recorder() as tape:
        a, b = s.unbind()
        d = a * b
        d.backward()
    trace = tape.to_dict()
    assert sentences(trace, 0)[:2] == [
        "Step 1 of 3: multiply, d = a × b. The gradient arriving is 1. "
        "To a: times the other input b, which is 3, gives 3. "
        "To b: times the other input a, which is 2, gives 2.",
        "Step 2 of 3: unbind, a, b = unbind(s). "
        "The gradient arriving is 3 at output 0 and 2 at output 1. "
        "To s: the g of each part, stacked gives [3, 2]."]
    assert "Forward 2 of 2: multiply, d = a × b. From a = 2 and b = 3 comes 6." in walk(trace)
    assert "  a, b = unbind(s) = 2 outputs\n" in describe(trace)
    assert table(trace)[1]["gradient"] == "3 at output 0 and 2 at output 1"


def test_parts_that_are_joined_again_are_the_whole_contribution():
    s = learngrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with Recorder() as tape:
        a, b = s.split([2, 1])
        (a.sum() * b.sum()).backward()
    assert "To s: the g of each part, joined gives [3, 3, 3]." in " ".join(
        sentences(tape.to_dict(), 0))
