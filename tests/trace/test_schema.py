"""A trace is read without trust: what fits is taken, anything else is refused quickly, in words."""

import json

import jsonschema
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import LearngradError, TraceError
from learngrad.trace import Recorder
from learngrad.trace.schema import MAX_BYTES, load_schema, read, validate


def closed(schema):
    """The same schema, refusing members it does not know: what our own recorder must meet."""
    if isinstance(schema, dict):
        made = {key: closed(value) for key, value in schema.items()}
        if "properties" in schema:
            made["additionalProperties"] = False
        return made
    return [closed(item) for item in schema] if isinstance(schema, list) else schema


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(load_schema())


def test_every_definition_is_used():
    schema = load_schema()
    text = json.dumps(schema)
    unused = [name for name in schema["$defs"] if f'"#/$defs/{name}"' not in text]
    assert unused == []


def test_good_traces_fit_the_schema_and_the_reader(any_trace):
    jsonschema.Draft202012Validator(closed(load_schema())).validate(any_trace)
    assert validate(any_trace) is any_trace
    assert read(json.dumps(any_trace)) == any_trace


def test_our_own_recorder_writes_nothing_that_the_schema_does_not_name():
    with pytest.raises(RuntimeError), Recorder() as tape:
        run_and_fail()
    trace = json.loads(json.dumps(tape.to_dict()))
    assert {"leaf", "parameter", "constant", "operation"} == {n["kind"] for n in trace["nodes"]}
    assert trace["replays"]
    jsonschema.Draft202012Validator(closed(load_schema())).validate(trace)
    assert read(json.dumps(trace)) == trace


def run_and_fail():
    model = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    a = learngrad.tensor(2.0, requires_grad=True)
    loss = (model(learngrad.randn(16, 8)) * a - 1).mean()
    loss.backward()
    return model(learngrad.randn(16, 9))


def test_read_takes_text_bytes_and_paths(traces, tmp_path):
    trace = traces["chain_rule"]()
    text = json.dumps(trace)
    path = tmp_path / "trace.json"
    path.write_text(text, "utf-8")
    assert read(text) == read(text.encode()) == read(path) == read(str(path)) == trace
    assert read(b"\xef\xbb\xbf" + text.encode()) == trace


def test_read_of_something_else_says_what_it_takes():
    for what, kind in ((3, "an int"), (None, "None"), ({}, "a dict")):
        with pytest.raises(TypeError, match=f"from text, bytes or a path, not from {kind}"):
            read(what)


def test_read_of_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.json")


def test_members_of_later_minor_versions_are_left_alone(traces):
    trace = traces["chain_rule"]()
    trace["colour"] = trace["nodes"][0]["mood"] = {"any": [1, 2]}
    assert validate(trace)["colour"] == {"any": [1, 2]}


def put(trace, path, value):
    *way, last = path
    place = trace
    for key in way:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value


# Where something is changed in the chain-rule trace, to what, what the message says, and whether a
# JSON Schema can know.
DAMAGE = [
    (["schema"], "my-trace", 'its "schema" is "my-trace"', True),
    (["schema"], ..., 'its "schema" is null', True),
    (["version"], 2, "version 2, and this learngrad reads version 1", True),
    (["version"], 10**30, "version 1000", True),
    (["version"], "1", 'version is "1", not 1', True),
    (["version"], True, "version is true, not 1", True),
    (["version"], 0, "version is 0, not 1", True),
    (["version"], ..., 'has no "version"', True),
    (["revision"], -1, "revision is -1, and at least 0", True),
    (["revision"], 1.5, "revision is a number, not a whole number", True),
    (["status"], "paused", 'status is "paused", not "recording" or', True),
    (["nodes"], {}, "nodes is an object, not a list", True),
    (["nodes"], None, "nodes is null, not a list", True),
    (["nodes", 1], 7, "nodes[1] is a whole number, not an object", True),
    (["nodes", 1, "id"], ..., 'nodes[1] has no "id"', True),
    (["nodes", 1, "id"], 0, "nodes[1] has the id 0, which an earlier node has", False),
    (["nodes", 1, "id"], -3, "nodes[1].id is -3", True),
    (["nodes", 1, "id"], True, "nodes[1].id is true, not a whole number", True),
    (["nodes", 3, "id"], 1.0, "nodes[3].id is a number, not a whole number", False),
    (["nodes", 0, "id"], 9, "nodes[1] has the id 1 after 9", False),
    (["nodes", 2, "edges"], [[2, 0], [1, 0]], "that would be a cycle", False),
    (["nodes", 2, "edges"], [[4, 0], [1, 0]], "that would be a cycle", False),
    (["nodes", 2, "edges"], [[0, 1], [1, 0]], "output 1 of node 0, which has 1", False),
    (["nodes", 2, "edges"], [[0], [1, 0]], "nodes[2].edges[0] has 1 items", True),
    (["nodes", 2, "edges"], [[0, 0, 0], [1, 0]], "nodes[2].edges[0] has 3 items", True),
    (["nodes", 2, "edges"], [0, 1], "nodes[2].edges[0] is a whole number, not a list", True),
    (["nodes", 2, "edges"], [[0, 0]], "has 1 edges and 2 operands", False),
    (["nodes", 2, "kind"], "widget", 'nodes[2].kind is "widget", not "leaf" or', True),
    (["nodes", 2, "op"], None, "nodes[2] is an operation and does not say which", False),
    (["nodes", 2, "shape"], None, "nodes[2] has no shape, though it did not fail", False),
    (["nodes", 2, "shape"], [-1], "nodes[2].shape[0] is -1", True),
    (["nodes", 2, "shape"], [1] * 65, "nodes[2].shape has 65 items", True),
    (["nodes", 2, "name"], "n" * 10_001, "nodes[2].name has 10,001 characters", True),
    (["nodes", 2, "name"], ["c"], "nodes[2].name is a list, not text", True),
    (["nodes", 2, "grad"], None, "nodes[2].grad is null, not an object", True),
    (["nodes", 2, "requires_grad"], 1, "nodes[2].requires_grad is a whole number", True),
    (["nodes", 2, "local"], {"a": 3}, "nodes[2].local.a is a whole number, not text", True),
    (["nodes", 2, "src", "source"], 5, "comes from source 5", False),
    (["nodes", 2, "callers"], [[5, 1, 1]], "was called from source 5", False),
    (["nodes", 2, "callers"], [[0, 1]], "nodes[2].callers[0] has 2 items", True),
    (["nodes", 2, "preview", "values"], [float("nan")], 'is a bare nan: write "NaN"', False),
    (["nodes", 2, "preview", "values"], [float("inf")], "is a bare inf", False),
    (["nodes", 2, "preview", "values"], [10**400], "more digits than a float64 holds", False),
    (["nodes", 2, "preview", "values"], ["nan"], "preview.values[0] is text", True),
    (["nodes", 2, "preview", "values"], [[1]], "preview.values[0] is a list", True),
    (["nodes", 2, "preview", "values"], [1, 2], "has 2 values for the shape []", False),
    (["nodes", 2, "preview", "values"], [0] * 65, "has 65 items, and at most 64", True),
    (["nodes", 2, "preview"], {"shape": [9, 9]}, 'neither "values" nor "tile"', False),
    (["nodes", 2, "preview"], {"shape": [9, 9], "tile": {"rows": 2, "columns": 2, "values": [1]}},
     "a tile of 2×2 with 1 values", False),
    (["sources", 0, "text"], "x" * 200_001, "sources[0].text has 200,001 characters", True),
    (["sources", 0, "id"], ..., 'sources[0] has no "id"', True),
    (["replays", 0, "root"], 99, "replays[0] begins at node 99", False),
    (["replays", 0, "steps", 1, "node"], 99, "replays[0].steps[1] is at node 99", False),
    (["replays", 0, "steps", 1, "upstream"], [None, None], "has 2 gradients for the 1 outputs",
     False),
    (["replays", 0, "steps", 0, "contributions", 0, "operand"], 2, "gives to operand 2", False),
    (["replays", 0, "steps", 0, "contributions", 0, "to"], [1, 0], "gives to [1, 0], but", False),
    (["replays", 0, "steps", 0, "contributions", 0, "after"], None, "after is null", True),
    (["truncated"], {"nodes": "many"}, "truncated.nodes is text", True),
]


@pytest.mark.parametrize(("path", "value", "says", "schema_knows"), DAMAGE)
def test_damage_is_named(traces, path, value, says, schema_knows):
    trace = traces["chain_rule"]()
    put(trace, path, value)
    with pytest.raises(TraceError) as caught:
        validate(trace)
    assert says in caught.value.what
    assert len(caught.value.what) < 300
    assert caught.value.fix
    fits = jsonschema.Draft202012Validator(load_schema()).is_valid(trace)
    assert fits != schema_knows


def test_an_edge_to_a_node_that_is_not_there(traces):
    trace = traces["odd"]()
    put(trace, ["nodes", 4, "edges"], [[3, 0]])
    with pytest.raises(TraceError, match="an edge to node 3, which the trace does not have"):
        validate({**trace, "nodes": [{**n, "operands": n["operands"] or ["a"]}
                                     if n["id"] == 7 else n for n in trace["nodes"]]})


@pytest.mark.parametrize("thing", [None, [], "text", 3, {"nodes": []}, object()])
def test_what_is_no_trace_at_all(thing):
    with pytest.raises(TraceError) as caught:
        validate(thing)
    assert isinstance(caught.value, LearngradError)
    assert isinstance(caught.value, ValueError)


def test_the_line_of_a_bare_nan_is_the_users():
    with pytest.raises(TraceError) as caught:
        read('{"schema": NaN}')
    assert caught.value.where.filename == __file__


TEXTS = [
    ("{", "not JSON"),
    ('{"schema": NaN}', "a bare NaN"),
    ('{"schema": -Infinity}', "a bare -Infinity"),
    ("[" * 200_000, "not JSON|too deeply"),
    ('{"a":' * 200_000, "too deeply"),
    (b'{"\xff": 1}', "not UTF-8"),
    ("{" + " " * MAX_BYTES, "takes at most 32,000,000"),
    ('{"schema": "learngrad-trace", "version": ' + "9" * 5000 + "}", "not JSON"),
    ("{}", 'its "schema" is null'),
]


@pytest.mark.parametrize(("text", "says"), TEXTS, ids=[t[1] for t in TEXTS])
def test_hostile_text(text, says):
    if isinstance(text, str) and text.startswith("["):
        text = text.encode()
    with pytest.raises(TraceError, match=says):
        read(text)


def test_a_million_nodes_are_refused(traces):
    one = traces["chain_rule"]()["nodes"][0]
    trace = {**traces["empty"](), "nodes": [one] * 1_000_000}
    with pytest.raises(TraceError, match="nodes has 1,000,000 items, and at most 20,000"):
        validate(trace)


def test_the_largest_trace_is_read_in_seconds(traces):
    validate(traces["chain"](20_000))


def test_a_trace_that_holds_itself_does_not_hang(traces):
    trace = traces["empty"]()
    trace["me"] = trace["nodes"]
    trace["nodes"].append(trace)
    with pytest.raises(TraceError, match=r'nodes\[0\] has no "id"'):
        validate(trace)


def test_a_number_that_python_refuses_to_write_out(traces):
    for path in (["version"], ["revision"], ["nodes", 0, "id"]):
        trace = traces["chain_rule"]()
        put(trace, path, 10**6000)
        with pytest.raises(TraceError, match=r"huge number|more digits"):
            validate(trace)
