"""``%%record`` and ``%%step`` in a real IPython shell."""

import pytest

import learngrad
from learngrad import source
from learngrad.errors import ArgumentError
from learngrad.widgets import magics

CELL = """\
import learngrad
a = learngrad.tensor(2.0, requires_grad=True)
loss = a * 3
loss.backward()
"""


@pytest.fixture
def ipython(monkeypatch, tmp_path):
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    shell.run_cell("%load_ext learngrad").raise_error()
    return shell


def test_a_cell_is_recorded_under_a_name(ipython, capsys):
    ipython.run_cell("%%record first\n" + CELL).raise_error()
    tape = ipython.user_ns["first"]
    assert [n["name"] for n in tape.to_dict()["nodes"]] == ["a", "loss"]
    assert len(tape.to_dict()["replays"]) == 1
    assert ipython.user_ns["loss"].item() == 6
    assert "loss = a × 3 = 6" in capsys.readouterr().out


def test_a_step_is_shown_before_its_first_operation(ipython, shell, shown):
    ipython.run_cell("%%step\n" + CELL).raise_error()
    assert ipython.user_ns["tape"].to_dict()["status"] == "done"
    assert [d["update"] for d in shown] == [False]
    assert shown[0]["model"].begin == "forward"


def test_a_step_can_be_predicted(ipython, shell, shown):
    ipython.run_cell("%%step --predict mine\n" + CELL).raise_error()
    asked = shown[0]["model"].questions["questions"]
    assert [(one["index"], one["answer"]) for one in asked] == [(-1, 6), (1, 3)]
    assert "mine" in ipython.user_ns
    # What stands in for the view says nothing of it.
    assert "loss = a × 3 = ?" in shown[0]["text"]
    failed = ipython.run_cell("%%step --gues\n" + CELL)
    assert isinstance(failed.error_in_exec, ArgumentError)
    assert "--predict" in str(failed.error_in_exec)
    ipython.run_cell("%%step predict=True\n" + CELL).raise_error()  # as show() has it
    assert len(shown[1]["model"].questions["questions"]) == 2


def test_a_recorded_cell_can_ask_too(ipython, shell, shown):
    ipython.run_cell("%%record --predict mine\n" + CELL).raise_error()
    assert len(shown) == 1
    assert len(shown[0]["model"].questions["questions"]) == 2
    assert "mine" in ipython.user_ns


def test_what_a_cell_raises_is_shown_with_the_graph_up_to_there(ipython, capsys):
    failed = ipython.run_cell("%%record\n" + CELL + "learngrad.ones(2) + learngrad.ones(3)\n")
    assert failed.error_in_exec is None  # the inner cell has told it
    assert "ShapeError" in capsys.readouterr().out
    trace = ipython.user_ns["tape"].to_dict()
    assert trace["status"] == "failed"
    assert [n["status"] for n in trace["nodes"]] == ["ok", "freed", "ok", "ok", "failed"]
    ipython.run_cell("%%record\n1 +").raise_error()
    trace = ipython.user_ns["tape"].to_dict()
    assert trace.pop("error").startswith("SyntaxError: invalid syntax")
    assert trace | {"revision": 0} == {
        "schema": "learngrad-trace", "version": 1, "revision": 0, "status": "failed",
        "sources": [], "nodes": [], "replays": []}


def test_nothing_is_recorded_afterwards(ipython):
    ipython.run_cell("%%record\n" + CELL)
    ipython.run_cell("a * 5")
    assert len(ipython.user_ns["tape"].to_dict()["nodes"]) == 2


def test_a_name_has_to_be_one(ipython):
    with pytest.raises(ArgumentError, match="cannot be a variable"):
        ipython.run_cell_magic("record", "my tape", CELL)


def test_the_magics_go_away_again(ipython):
    magics.unload_ipython_extension(ipython)
    with pytest.raises(Exception, match="not found"):
        ipython.run_cell_magic("record", "", CELL)
    assert callable(learngrad.load_ipython_extension)


@pytest.mark.parametrize("magic", ["record", "step"])
def test_lines_and_cells_are_counted_as_the_notebook_counts_them(ipython, magic,
                                                                     monkeypatch):
    monkeypatch.setattr("IPython.get_ipython", lambda: ipython)
    ipython.run_cell("1 + 1", store_history=True)
    ipython.run_cell(f"%%{magic}\n{CELL}", store_history=True).raise_error()
    trace = ipython.user_ns["tape"].to_dict()
    assert [source["label"] for source in trace["sources"]] == ["cell 2"]
    assert trace["sources"][0]["text"] == f"# %%{magic}\n{CELL}"
    lines = (f"%%{magic}\n" + CELL).splitlines()
    for node in trace["nodes"]:
        assert lines[node["src"]["line"] - 1] == node["src"]["text"]
    ipython.run_cell("d = a * 2", store_history=True)
    assert source.resolve(ipython.user_ns["d"]._made).label == "cell 3"


def test_another_magic_may_stand_inside(ipython):
    ipython.run_cell("%%record\n%%time\n" + CELL).raise_error()
    assert len(ipython.user_ns["tape"].to_dict()["nodes"]) == 2
