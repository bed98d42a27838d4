"""The graph as a tree, and what of it is drawn: the cases that the front end is tested against."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learngrad.trace.fold import FAN, fold
from learngrad.trace.shown import group_box, group_title, opening, shown, title_width, turns
from learngrad.trace.spans import MOST_RANKS, split

CASES = json.loads((Path(__file__).parent / "fold_cases.json").read_text("utf-8"))
NAMED = {case["name"]: case for case in CASES}


def tree(group, by_id):
    title = "" if group.kind == "root" else group_title(group, by_id)
    return [group.key, title, group.operations, group.leaves,
            [item if isinstance(item, int) else tree(item, by_id) for item in group.items]]


def boxes(drawn, by_id):
    for item in drawn.boxes:
        if isinstance(item, int):
            yield item
        else:
            box = group_box(item, by_id)
            yield [item.key, *box.lines, box.width]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case):
    nodes = case["nodes"]
    by_id = {node["id"]: node for node in nodes}
    found = fold(nodes)
    assert tree(found.root, by_id) == case["tree"]
    opened = opening(found, case["most"])
    assert sorted(opened) == case["open"]
    drawn = shown(found, nodes, opened)
    assert list(boxes(drawn, by_id)) == case["boxes"]
    assert [[f.key, drawn.round[f.key], title_width(f, by_id)] for f in drawn.frames] \
        == case["frames"]
    assert sorted([str(e.origin), e.slot, str(e.to), e.operand] for e in drawn.edges) \
        == case["edges"]
    assert [[i, said] for i, said in sorted(turns(found).items())] == case["turns"]


def titles(name):
    nodes = NAMED[name]["nodes"]
    by_id = {node["id"]: node for node in nodes}
    return [group_title(group, by_id) for group in fold(nodes).groups.values()]


def test_modules_are_groups_by_path_and_class():
    assert titles("a small network, all open") == ["Sequential", "0 · Linear", "2 · Linear"]


def test_blocks_of_one_class_are_a_repeat_and_an_unrolled_loop_too():
    assert "Block × 3" in titles("blocks")
    assert titles("an unrolled loop")[:2] == ["[ ], @, @, +, tanh × 14", "turn 1 of 14"]
    assert titles("a long loop in parts")[:3] == ["b, a × 61", "turns 1 to 10", "turn 1 of 61"]


def test_a_turn_begins_with_its_lowest_line():
    first = fold(NAMED["a loop that something leads into"]["nodes"]).root.items
    assert first[0] == 0 or first[0].first == 1


def test_what_a_module_is_handed_stands_outside_of_it_and_what_it_owns_inside():
    case = NAMED["a small network, all open"]
    home = fold(case["nodes"]).home
    kinds = {node["id"]: node["kind"] for node in case["nodes"]}
    assert {home[i].kind for i, kind in kinds.items() if kind == "constant"} == {"root"}
    assert {home[i].cls for i, kind in kinds.items() if kind == "parameter"} == {"Linear"}


def test_what_all_turns_share_stands_outside_of_them():
    case = NAMED["an unrolled loop"]
    home = fold(case["nodes"]).home
    assert {home[n["id"]].kind for n in case["nodes"] if n["kind"] == "leaf"} == {"root"}


PROGRAM = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.integers(0, 2),
                             st.integers(1, 4)), max_size=80)


def made(program):
    """A trace of operations and parameters, in modules that nest."""
    nodes = []
    for sign, line, depth, back in program:
        scope = [{"path": f"m{k}", "class": "M", "call": 1 + len(nodes) // 9}
                 for k in range(depth)]
        edges = [[n["id"], 0] for n in nodes[-back:][:2]]
        kind = "parameter" if sign == "c" and not edges else "operation"
        nodes.append({"id": len(nodes), "kind": kind, "op": sign, "sign": sign, "edges": edges,
                      "scope": scope, "src": {"source": 0, "line": line}, "status": "ok"})
    return nodes


@given(PROGRAM)
def test_every_node_is_drawn_once_whatever_is_open_and_nothing_leads_back(program):
    nodes = made(program)
    found = fold(nodes)
    assert set(found.home) == {node["id"] for node in nodes}
    for most in (0, 10, 1000):
        drawn = shown(found, nodes, opening(found, most))
        inside = [node for item in drawn.boxes for node in (
            [item] if isinstance(item, int) else [n for n, home in found.home.items()
                                                  if item in _round(home)])]
        assert sorted(inside) == [node["id"] for node in nodes]
        assert all(len(group.items) <= FAN for group in found.groups.values())
        near, far = split(drawn.edges)  # its ranks end only where there is no cycle
        assert sorted(map(str, [*near, *far])) == sorted(map(str, drawn.edges))


def _round(group):
    while group is not None:
        yield group
        group = group.parent


def test_a_weight_that_hundreds_of_steps_use_is_not_laid_out_with_all_its_edges():
    nodes = [{"id": 0, "kind": "leaf", "edges": []}]
    nodes += [{"id": i, "kind": "operation", "op": "mul", "sign": "×",
               "edges": [[i - 1, 0], [0, 0]], "status": "ok"} for i in range(1, 300)]
    found = fold(nodes)
    near, far = split(shown(found, nodes, set(found.groups)).edges)
    assert len(near) + len(far) == 598
    assert {edge.origin for edge in far} == {0}
    spans = sum(edge.to - edge.origin for edge in near)
    assert spans <= MOST_RANKS
    assert split(near) == (near, [])
