"""The command line as people use it: what it answers, what it writes, how it fails."""

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import learngrad
from learngrad import cli, demo, optim
from learngrad.trace import html
from learngrad.trace.schema import validate

ROOT = Path(__file__).parents[1]


def command(*words, without=None):
    """`python -m learngrad WORDS`, in a Python that cannot import `without`."""
    if without is None:
        return [sys.executable, "-m", "learngrad", *words]
    return [sys.executable, "-c", f"import sys; sys.modules[{without!r}] = None; "
            f"from learngrad.cli import main; sys.exit(main({list(words)!r}))"]


def run(*words, cwd, without=None):
    return subprocess.run(command(*words, without=without), cwd=cwd, env=environment(), text=True,
                          capture_output=True, check=False, timeout=120)


def environment():
    return os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}


# ---- What it answers -----------------------------------------------------------------------------

@pytest.mark.parametrize("words", [["--help"], ["-h"], []])
def test_help(words, tmp_path):
    ended = run(*words, cwd=tmp_path)
    assert ended.returncode == 0
    assert ended.stdout.startswith("usage: learngrad ")
    assert "demo" in ended.stdout
    assert ended.stderr == ""


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"learngrad {learngrad.__version__}\n"


def test_help_of_a_command(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(option in said for option in ("--out", "--epochs", "--seed", "--open"))


@pytest.mark.parametrize(("words", "said"), [
    (["dmeo"], "invalid choice: 'dmeo'"), (["demo", "--epochs", "0"], "'0' is not a whole number"),
    (["demo", "--epochs", "ten"], "'ten' is not a whole number"),
    (["demo", "--epochs", "-3"], "'-3' is not a whole number"),
    (["demo", "--seed", "x"], "invalid int value: 'x'"), (["demo", "--fast"], "--fast"),
    (["demo", "page.html"], "page.html"),
])
def test_words_that_it_does_not_know(words, said, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert "usage: learngrad" in error


# ---- learngrad demo ------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which the demo ran as it comes."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, run("demo", cwd=folder)


def test_the_demo_learns_and_says_so(finished):
    folder, ended = finished
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("epoch 2 of 20: loss ")
    assert float(re.search(r"^loss ([\d.]+)", ended.stdout, re.MULTILINE).group(1)) < 0.1
    assert float(re.search(r"^test accuracy ([\d.]+) %", ended.stdout, re.MULTILINE).group(1)) >= 95
    assert [p.name for p in folder.iterdir()] == ["learngrad-demo.html"]


def test_the_page_shows_a_step_its_replay_and_the_descent(tmp_path, monkeypatch):
    given = []
    write = html.write_html
    monkeypatch.setattr(html, "write_html", lambda path, trace, curves, title: given.append(
        (trace, curves)) or write(path, trace, curves, title))
    assert cli.main(["demo", "--out", str(tmp_path / "page.html")]) == 0
    (trace, curves), = given
    trace = validate(trace)
    names = [node["name"] for node in trace["nodes"]]
    assert names == ["x", "hidden.weight", "hidden.bias", "before", "active", "output.weight",
                     "output.bias", "scores", "y", "loss"]
    quoted = {node["src"]["text"] for node in trace["nodes"]}
    assert {"loss = cross_entropy(scores, y)", "active = relu(before)"} <= quoted
    replay, = trace["replays"]
    assert [trace["nodes"][step["node"]]["name"] for step in replay["steps"]] == [
        "loss", "scores", "active", "before", "output.bias", "output.weight", "hidden.bias",
        "hidden.weight"]
    series = {one["name"]: one for one in curves.to_dict()["series"]}
    assert set(series) == {"loss", "test accuracy"}
    assert len(series["loss"]["y"]) == 1 + 20 * (1442 // 32)
    assert series["loss"]["y"][0] > 2 > 0.1 > series["loss"]["y"][-1]
    assert series["test accuracy"]["y"][-1] >= 0.95


def test_the_page_fetches_nothing(finished):
    page = (finished[0] / "learngrad-demo.html").read_text("utf-8")
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href|action)\s*=\s*["\']?(?!#|data:)', markup)
    assert "default-src 'none'" in page


def test_the_same_seed_gives_the_same_numbers(tmp_path, capsys):
    said = []
    for seed in ("7", "7", "8"):
        assert cli.main(["demo", "--epochs", "1", "--seed", seed,
                         "--out", str(tmp_path / "page.html")]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] != said[2]


def test_the_demo_runs_without_tqdm(tmp_path):
    ended = run("demo", "--epochs", "2", cwd=tmp_path, without="tqdm")
    assert ended.returncode == 0, ended.stderr
    assert "epoch 2 of 2: loss " in ended.stdout


def test_a_terminal_gets_a_progress_bar(tmp_path):
    pty = pytest.importorskip("pty", reason="pseudo-terminals are Unix's")
    pytest.importorskip("tqdm")
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            command("demo", "--epochs", "3"), cwd=tmp_path, stdout=theirs, stderr=theirs,
            env=environment() | {"COLUMNS": "120"})
    finally:
        os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # Linux: the other end was closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert process.wait() == 0
    text = said.decode()
    assert "3/3" in text
    assert "epoch 3 of 3" not in text
    assert "test accuracy" in text


def test_open_asks_for_a_browser(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(cli.webbrowser, "open", lambda address: asked.append(address) or False)
    page = tmp_path / "a page.html"
    assert cli.main(["demo", "--epochs", "1", "--out", str(page), "--open"]) == 0
    assert asked == [page.as_uri()]
    assert "no browser" in capsys.readouterr().err


def test_a_page_is_replaced_whole(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("before")
    assert cli.main(["demo", "--epochs", "1", "--out", str(page)]) == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


# ---- How it fails --------------------------------------------------------------------------------

@pytest.fixture
def no_training(monkeypatch):
    """Fail if the program trains."""
    def train(*_):
        raise AssertionError("it trained before it looked at the path")

    monkeypatch.setattr(demo, "train", train)
    monkeypatch.setattr(demo, "recorded_step", train)


@pytest.mark.parametrize(("out", "said"), [
    ("missing/page.html", "there is no folder "), (".", "it is a folder"),
    ("file/page.html", "there is no folder "), ("x" * 300 + ".html", "File name too long"),
    ("/dev/null", "it is not a regular file"),
])
@pytest.mark.usefixtures("no_training")
def test_a_path_that_cannot_be_written_is_refused_first(out, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert cli.main(["demo", "--out", out]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"learngrad: error: cannot write {out}: ")
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.usefixtures("no_training")
def test_a_folder_without_permission_is_refused_first(tmp_path, monkeypatch, capsys):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cli.tempfile, "TemporaryFile", refuse)
    assert cli.main(["demo", "--out", str(tmp_path / "page.html")]) == 1
    assert "page.html: Permission denied\n" in capsys.readouterr().err


def test_a_disk_that_fills_up_leaves_the_old_page(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    page = tmp_path / "page.html"
    page.write_text("before")
    monkeypatch.setattr(os, "replace", full)
    assert cli.main(["demo", "--epochs", "1", "--out", str(page)]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert page.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_ctrl_c_ends_it_without_a_traceback(tmp_path):
    process = subprocess.Popen(command("demo", "--epochs", "10000000"), cwd=tmp_path, text=True,
                               env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        # It has started to train long before that.
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err == "\nlearngrad: stopped\n"
    assert "Traceback" not in out
    assert not list(tmp_path.iterdir())


def test_our_own_errors_are_one_line_and_a_fix(monkeypatch, capsys, tmp_path):
    def fail(*_):
        raise learngrad.errors.MissingDependency("something is missing", fix="install it")

    monkeypatch.setattr(demo, "recorded_step", fail)
    assert cli.main(["demo", "--out", str(tmp_path / "page.html")]) == 1
    assert capsys.readouterr().err == "learngrad: error: something is missing\n  Fix: install it\n"


def test_a_reader_who_leaves_early_causes_no_traceback(tmp_path):
    process = subprocess.Popen(command("demo", "--epochs", "20"), cwd=tmp_path,
                               env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == b""


# ---- The program it runs -------------------------------------------------------------------------

def test_the_recorded_step_is_a_real_one():
    learngrad.manual_seed(0)
    net = demo.Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    before = net.output.bias.tolist()
    loss, trace = demo.recorded_step(net, optimizer)
    node = next(n for n in trace["nodes"] if n["name"] == "output.bias")
    assert node["preview"]["values"] == pytest.approx(before)
    moved = [b - 0.1 * g for b, g in zip(before, net.output.bias.grad.tolist(), strict=True)]
    assert net.output.bias.tolist() == pytest.approx(moved)
    assert trace["nodes"][-1]["preview"]["values"] == pytest.approx([loss])
    assert not learngrad.autograd.observe.thread.watchers


def test_every_training_batch_is_full():
    learngrad.manual_seed(0)
    net = demo.Net()
    losses = list(demo.train(net, optim.SGD(net.parameters(), lr=0.1), epochs=2, batch=500))
    assert len(losses) == 4


# ---- learngrad step ------------------------------------------------------------------------------

def script(folder, text):
    path = folder / "script.py"
    path.write_text("import sys\nimport learngrad\nw = learngrad.tensor(3.0, requires_grad=True)\n"
                    + text)
    return path.name


def test_a_script_is_run_and_walked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "stdin", io.StringIO("g w\nq\n"))
    (tmp_path / "mine.py").write_text("factor = 2\n")
    name = script(tmp_path, "import mine\nprint(sys.argv)\nfor _ in range(2):\n"
                            "    loss = w * mine.factor\n    loss.backward()\nsys.exit(0)\n")
    assert cli.main(["step", name, "one"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("['script.py', 'one']\n")
    assert "\nStep 2 of 2: w is a leaf. Its .grad was 2 and becomes 4.\n" in out
    monkeypatch.setattr(sys, "stdin", io.StringIO("g w\ns\nq\n"))
    assert cli.main(["step", "--predict", "--replay", "1", name]) == 0
    assert capsys.readouterr().out.endswith("Score: 0 of 1 right.\n")


def test_a_script_that_fails_is_walked_up_to_there(tmp_path):
    name = script(tmp_path, "w * learngrad.ones(2)\nw[5]\n")
    ended = run("step", name, cwd=tmp_path)
    assert ended.returncode == 1
    assert "Traceback" in ended.stderr
    assert "Forward 1 of" in ended.stdout
    # It begins in the script, not in what ran it.
    assert "runpy" not in ended.stderr
    assert "cli.py" not in ended.stderr


def test_a_script_that_is_not_python_ends_before_it_computes(tmp_path):
    name = script(tmp_path, "x = (\n")
    ended = run("step", name, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.lstrip().startswith('File "')
    assert "SyntaxError" in ended.stderr
    assert "script.py ended before it computed anything with tensors" in ended.stderr


@pytest.mark.parametrize(("words", "said"), [
    (["step", "missing.py"], "there is no script missing.py"),
    (["step", "script.py"], "script.py computed nothing with tensors"),
    (["step", "--replay", "7", "trains.py"], "trains.py made 1 backward pass: there is no 7."),
])
def test_what_cannot_be_walked(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    script(tmp_path, "")
    (tmp_path / "trains.py").write_text((tmp_path / "script.py").read_text() + "(w * 2).backward()")
    assert cli.main(words) == 1
    assert said in capsys.readouterr().err
