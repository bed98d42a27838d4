"""The lessons: their notebooks are what their texts say, run, and say what is so."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from learngrad.classroom import lessons
from learngrad.errors import LearngradError, MissingDependency

ROOT = Path(__file__).parents[2]
TEXTS = lessons.lessons(ROOT / "notebooks")
FIRST = ROOT / "notebooks/1-beginner/01-your-first-descent.py"
ALLOWED = {"image/svg+xml", "image/png", "text/plain"}

each_lesson = pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)


def stored(text):
    notebook = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    nbformat.validate(notebook)
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def run_apart(*words, **settings):
    """Run Python in a process of its own, where no other test's event loop is."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"} | settings
    return subprocess.run([sys.executable, *words], text=True, check=False, capture_output=True,
                          env=environment, cwd=ROOT)


def test_there_are_lessons():
    assert FIRST in TEXTS
    assert {p.with_suffix(".py") for p in (ROOT / "notebooks").rglob("*.ipynb")
            if ".ipynb_checkpoints" not in p.parts} == set(TEXTS)


# ---- What is stored ------------------------------------------------------------------------------

@each_lesson
def test_the_notebook_is_what_its_text_says(text):
    assert lessons.drift(text) == ""


@each_lesson
def test_only_text_and_pictures_are_stored(text):
    notebook = stored(text)
    assert "widgets" not in notebook.metadata
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type in ("stream", "display_data", "execute_result"), cell.id
            assert output.get("name") != "stderr", cell.id
            assert set(output.get("data", {})) <= ALLOWED, cell.id


@each_lesson
def test_every_picture_has_words(text):
    pictures = [output.data for cell in code_cells(stored(text)) for output in cell.outputs
                if any(kind.startswith("image/") for kind in output.get("data", {}))]
    assert pictures
    for data in pictures:
        assert len(data["text/plain"]) > 10
        assert re.search(r"<(title|desc)[^>]*>[^<]+</|aria-label=\"[^\"]+\"", data["image/svg+xml"])


@each_lesson
def test_nothing_is_fetched_from_elsewhere(text):
    """A picture that a page loads by itself; links that people click are fine."""
    notebook = stored(text)
    markdown = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert not re.search(r"!\[[^]]*\]\(|<(img|script|iframe|link|video)\b", markdown)
    for cell in code_cells(notebook):
        for output in cell.outputs:
            svg = output.get("data", {}).get("image/svg+xml", "")
            assert not re.search(r"(?:href|src)\s*=\s*[\"'](?!#|data:)|url\(\s*[\"']?(?!#)|@import",
                                 svg), cell.id


@each_lesson
def test_a_guess_is_not_given_away(text):
    guesses = [cell for cell in code_cells(stored(text))
               if lessons.GUESS in cell.metadata.get("tags", ())]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in guesses)


# ---- What runs -----------------------------------------------------------------------------------

MEASURE = """
import json, sys
from pathlib import Path
import nbformat
from learngrad.classroom import lessons
read = lessons.read
def with_a_question(path):
    notebook = read(path)
    notebook.cells.append(nbformat.v4.new_code_cell(sys.argv[2], id="the-question"))
    return notebook
lessons.read = with_a_question
cells = lessons.build(Path(sys.argv[1])).cells
json.dump({"answer": "".join(o["text"] for o in cells[-1].outputs),
           "cells": {c.id: [dict(o) for o in c.outputs] for c in cells
                     if c.cell_type == "code"}}, sys.stdout)
"""


@pytest.mark.slow
def test_the_first_lesson_runs_and_reads_the_digits():
    ended = run_apart("-c", MEASURE, str(FIRST), "print(accuracy)")
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert float(result["answer"]) > 0.95
    cells = result["cells"]
    pictures = [name for name, outputs in cells.items()
                if any("image/svg+xml" in o.get("data", {}) for o in outputs)]
    assert {"ten-digits", "a-first-graph", "a-first-replay", "descent-by-hand", "train",
            "all-it-misreads"} <= set(pictures)


def test_what_the_first_lesson_says_in_numbers():
    """The numbers that its text names are those that its cells print."""
    cells = {cell.id: "".join(str(o.get("text") or o.data["text/plain"]) for o in cell.outputs)
             for cell in code_cells(stored(FIRST))}
    text = FIRST.read_text("utf-8")
    assert "w.grad is tensor(-16.)" in cells["a-first-replay"]
    assert cells["clear-it"] == "tensor(-9.6000)"
    assert cells["the-network"].split("\n")[-2].startswith("2410 ")
    assert text.count("2,410") >= 3
    w = 3 - 0.05 * -16
    assert round(2 * (w * 2 - 10) * 2, 6) == -9.6


def test_the_exercises_can_be_solved_and_begin_unsolved():
    cells = {cell.id: cell for cell in code_cells(stored(FIRST))}
    unsolved = {name: "".join(o.text for o in cells[name].outputs)
                for name in ("exercise-slope", "exercise-one-step")}
    assert all("✓" not in said and "not yet" in said for said in unsolved.values())
    solved = (
        cells["exercise-slope"].source.replace("return 0.0", "return 2 * x - 5"),
        cells["exercise-one-step"].source.replace("my_lr = 0.05", "my_lr = 1 / 8"))
    begin = "import learngrad, time\n" + cells["the-loss-of-w"].source + "\n"
    helper = cells["four-learning-rates"].source.split("\n\n\n")[0] + "\n"
    for source, marks in zip(solved, (3, 1), strict=True):
        ended = run_apart("-c", begin + helper + source, PYTHONIOENCODING="utf-8")
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.count("✓") == marks
        assert "not yet" not in ended.stdout


# ---- The tool ------------------------------------------------------------------------------------

HEADER = ("# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n"
          "#       extension: .py\n#       format_name: percent\n# ---\n\n")


@pytest.fixture
def lesson(tmp_path):
    def write(*cells):
        path = tmp_path / "lesson.py"
        path.write_text(HEADER + "\n\n".join(cells) + "\n", "utf-8")
        return path

    return write


def notebook_beside(path, change=lambda notebook: None):
    """The notebook that a text describes, as if it had been run, with a change."""
    notebook = lessons.read(path)
    for at, cell in enumerate(code_cells(notebook), 1):
        cell.execution_count = at
    change(notebook)
    nbformat.write(notebook, path.with_suffix(".ipynb"))


ONE, TWO = '# %% id="one"\n1 + 1', '# %% [markdown] id="two"\n# Words.'


def test_ids_are_the_names_in_the_text(lesson):
    notebook = lessons.read(lesson(ONE, TWO))
    assert [cell.id for cell in notebook.cells] == ["one", "two"]
    assert [cell.source for cell in notebook.cells] == ["1 + 1", "Words."]
    assert lessons.read(lesson(ONE.replace("1 + 1", "2"), TWO)).cells[0].id == "one"


@pytest.mark.parametrize("cell", ["# %%\n1", '# %% id="one"\n1', '# %% id="Not a name"\n1',
                                  f'# %% id="{"a" * 65}"\n1'])
def test_a_cell_without_an_id_of_its_own_is_refused(lesson, cell):
    with pytest.raises(LearngradError, match="begins '1' has") as caught:
        lessons.read(lesson(ONE, cell))
    assert "id=" in caught.value.fix


def change_source(notebook):
    notebook.cells[0].source += "0"


def change_id(notebook):
    notebook.cells[1].id = "other"


def change_kind(notebook):
    notebook.metadata["widgets"] = {}


def leave_out_a_cell(notebook):
    del notebook.cells[1]


def run_out_of_order(notebook):
    notebook.cells[0].execution_count = 7


@pytest.mark.parametrize(("change", "said"), [
    (lambda notebook: None, ""), (change_source, "the source of cell 0"), (change_id, "the id of"),
    (change_kind, "metadata"), (leave_out_a_cell, "has 1 cells"),
    (run_out_of_order, "not run from top to bottom")])
def test_drift_is_seen(lesson, capsys, change, said):
    path = lesson(ONE, TWO)
    assert "missing" in lessons.drift(path)
    notebook_beside(path, change)
    found = lessons.drift(path)
    assert said in found
    assert bool(said) == bool(found)
    assert lessons.main(["--check", str(path.parent)]) == bool(said)
    assert ("Build them again" in capsys.readouterr().out) == bool(said)


@pytest.mark.parametrize("damaged", [b"", b'{"cells": [', b'{"nbformat": 4}', b"\xff\xfe"])
def test_a_damaged_notebook_is_told(lesson, capsys, damaged):
    path = lesson(ONE, TWO)
    path.with_suffix(".ipynb").write_bytes(damaged)
    assert lessons.main(["--check", str(path)]) == 1
    assert f"{path.stem}.ipynb is no notebook: " in capsys.readouterr().out


def test_what_is_no_text_is_told(lesson, capsys):
    path = lesson(ONE)
    (path.parent / "folder.py").mkdir()
    path.write_bytes(b"# ---\n# jupyter\n\xff")
    assert lessons.main([str(path.parent)]) == 1
    assert f"{path.name} is not UTF-8 text" in capsys.readouterr().out
    assert not path.with_suffix(".ipynb").exists()
    with pytest.raises(SystemExit):
        lessons.main([str(path.with_suffix(".ipynb")), str(path)])
    (path.parent / "own.ipynb").write_text("{}")
    with pytest.raises(SystemExit):
        lessons.main([str(path.parent / "own.ipynb")])
    assert "a lesson is built from its text, a .py file" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_an_error(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        lessons.main(["--check", str(tmp_path / "nowhere")])
    assert caught.value.code == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_missing_tool_is_named(lesson, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    with pytest.raises(MissingDependency, match="jupytext"):
        lessons.read(lesson(ONE))


@pytest.mark.slow
def test_building_runs_keeps_pictures_and_forgets_guesses(lesson):
    path = lesson(
        ONE, '# %% id="guess-me" tags=["guess"]\n40 + 2',
        '# %% id="picture"\nimport learngrad\nwith learngrad.record():\n'
        "    x = learngrad.tensor(2.0, requires_grad=True)\n    (x * x).backward()")
    ended = run_apart("-m", "learngrad.classroom.lessons", str(path))
    assert ended.returncode == 0, ended.stderr
    assert lessons.drift(path) == ""
    one, guess, picture = nbformat.read(path.with_suffix(".ipynb"), as_version=4).cells
    assert one.outputs[0].data["text/plain"] == "2"
    assert (guess.outputs, guess.execution_count) == ([], None)
    assert set(picture.outputs[0].data) <= ALLOWED
    assert "x = 2" in picture.outputs[0].data["text/plain"]


@pytest.mark.slow
def test_a_lesson_that_fails_is_not_written(lesson):
    path = lesson('# %% id="bad"\n1 / 0')
    ended = run_apart("-m", "learngrad.classroom.lessons", str(path))
    assert ended.returncode != 0
    assert "ZeroDivisionError" in ended.stderr
    assert not path.with_suffix(".ipynb").exists()


def test_a_lesson_that_warns_is_not_written(lesson, monkeypatch):
    path = lesson('# %% id="bad"\nwarn()')
    warned = nbformat.v4.new_output("stream", name="stderr", text="watch out")

    class Client:
        def __init__(self, notebook, **settings):
            self.notebook = notebook

        def execute(self, **settings):
            self.notebook.cells[0].outputs = [warned]

    monkeypatch.setattr("nbclient.NotebookClient", Client)
    with pytest.raises(LearngradError, match="bad writes to stderr:\nwatch out"):
        lessons.write(path)
    assert not path.with_suffix(".ipynb").exists()
