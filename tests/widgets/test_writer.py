"""The writer of curves that programs for TensorBoard use."""

import importlib.util
import socket

import pytest

import learngrad as lg
from learngrad.utils.tensorboard import SummaryWriter


@pytest.fixture
def alone(monkeypatch):
    """Without TensorBoard, whether it is installed or not."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def points(plot):
    return {series.label: [column.tolist() for column in series.since()]
            for series in plot.curves.series}


def test_curves_stand_in_plots_by_what_is_before_the_slash(tmp_path, alone):
    writer = SummaryWriter(tmp_path / "first")
    for step in range(3):
        writer.add_scalar("Loss/train", lg.tensor(3.0 - step, requires_grad=True), step)
        writer.add_scalar("step", step)
        writer.add_scalars("both", {"a": step, "b": lg.tensor([2.0 * step])}, lg.tensor(step))
    writer.add_scalar(tag="Loss/test", scalar_value=0.5, global_step=2, walltime=1.0)
    assert points(writer.plots["Loss"]) == {
        "Loss/train": [[0.0, 1.0, 2.0], [3.0, 2.0, 1.0]], "Loss/test": [[2.0], [0.5]]}
    assert points(writer.plots["Descent"]) == {"step": [[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]}
    assert points(writer.plots["both"]) == {
        "both (a)": [[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]],
        "both (b)": [[0.0, 1.0, 2.0], [0.0, 2.0, 4.0]]}
    assert not (tmp_path / "first").exists()
    writer.close()
    assert {file.name for file in (tmp_path / "first").iterdir()} == {
        "Loss.html", "Descent.html", "both.html"}


def test_a_loop_that_runs_again_begins_another_curve(tmp_path, alone):
    writer = SummaryWriter(tmp_path)
    for _ in range(3):
        for step in range(2):
            writer.add_scalar("loss", 1.0, step)
    assert list(points(writer.plots["Descent"])) == ["loss", "loss (2)", "loss (3)"]
    writer.add_scalar("/other", 1.0, 0)
    assert list(writer.plots) == ["Descent"]
    assert points(writer.plots["Descent"])["loss (3)"] == [[0.0, 1.0], [1.0, 1.0]]
    writer.add_scalar("loss", 2.0)
    assert points(writer.plots["Descent"])["loss (3)"] == [[0.0, 1.0, 2.0], [1.0, 1.0, 2.0]]


def test_the_folder_has_pytorchs_name(tmp_path, monkeypatch, alone):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_lr=0.1") as writer:
        writer.add_scalar("loss", 1.0, 0)
    name, = (folder.name for folder in (tmp_path / "runs").iterdir())
    assert name.endswith(f"_{socket.gethostname()}_lr=0.1")
    assert writer.get_logdir().endswith(name)


def test_tags_stay_in_the_folder(tmp_path, alone):
    with SummaryWriter(tmp_path / "runs") as writer:
        for tag in ("../../out/x", "<b>/x", "a b/x", "a_b/x"):
            writer.add_scalar(tag, 1.0, 0)
    assert {file.name for file in (tmp_path / "runs").iterdir()} == {
        "...html", "%3Cb%3E.html", "a b.html", "a_b.html"}
    assert {file.name for file in tmp_path.iterdir()} == {"runs"}


def test_what_is_written_later_is_added(tmp_path, alone):
    writer = SummaryWriter(str(tmp_path))
    writer.add_scalar("loss", 1.0, 0)
    writer.flush()
    before = (tmp_path / "Descent.html").read_text("utf-8")
    writer.add_scalar("loss", 0.5, 1)
    writer.close()
    assert len((tmp_path / "Descent.html").read_text("utf-8")) > len(before)
    (tmp_path / "Descent.html").unlink()
    writer.close()  # nothing is new
    assert not list(tmp_path.iterdir())


def test_a_graph_is_shown(tmp_path, capsys):
    SummaryWriter(tmp_path).add_graph(lg.nn.Linear(2, 1), [lg.ones(1, 2)])
    assert "linear" in capsys.readouterr().out
    with pytest.raises(ValueError, match="none without an input"):
        SummaryWriter(tmp_path).add_graph(lg.nn.Linear(2, 1))


@pytest.mark.parametrize(("call", "says"), [
    (lambda w: w.add_scalar("loss", "high", 0), "text: 'high'"),
    (lambda w: w.add_scalar("loss", lg.ones(2), 0), r"shape \[2\]"),
    (lambda w: w.add_scalar(3, 1.0, 0), "a tag is a str, not an int"),
    (lambda w: w.add_scalar("loss", 1.0, "last"), "step of `loss` is text"),
    (lambda w: w.add_scalars("loss", [1.0], 0), "takes a dict"),
    (lambda w: SummaryWriter(3), "log_dir names a folder")])
def test_what_is_no_point_is_refused(tmp_path, call, says, alone):
    writer = SummaryWriter(tmp_path)
    with pytest.raises(TypeError, match=says):
        call(writer)
    writer.close()
    assert not list(tmp_path.iterdir())


def test_what_is_not_drawn_is_refused_by_name(tmp_path):
    with pytest.raises(AttributeError, match=r"add_image.*imshow"):
        SummaryWriter(tmp_path).add_image("digits", lg.ones(1, 8, 8), 0)
    with pytest.raises(AttributeError, match="no attribute 'add_scaler'"):
        SummaryWriter(tmp_path).add_scaler("loss", 1.0, 0)


def test_a_folder_that_cannot_be_is_told_and_the_curves_are_kept(tmp_path, alone):
    (tmp_path / "file").write_text("here first")
    writer = SummaryWriter(tmp_path / "file")
    writer.add_scalar("loss", 1.0, 0)
    with pytest.raises(OSError, match="file"):
        writer.close()
    assert (tmp_path / "file").read_text() == "here first"
    assert len(writer.plots["Descent"].curves) == 1


def test_tensorboard_reads_it(tmp_path):
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator").EventAccumulator
    with SummaryWriter(tmp_path, filename_suffix=".mine") as writer:
        for step in range(3):
            writer.add_scalar("Loss/train", lg.tensor(3.0 - step), 10 * step)
            writer.add_scalars("both", {"a": 2.0 * step}, step)
    def read(folder, tag):
        events = accumulator(str(folder)).Reload()
        return [(event.step, event.value) for event in events.Scalars(tag)]
    assert read(tmp_path, "Loss/train") == [(0, 3.0), (10, 2.0), (20, 1.0)]
    assert read(tmp_path / "both_a", "both") == [(0, 0.0), (1, 2.0), (2, 4.0)]
    assert list(tmp_path.glob("*.mine"))
    # Steps from 10 on were of a run that broke off.
    with SummaryWriter(tmp_path, purge_step=10) as writer:
        writer.add_scalar("Loss/train", 7.0, 10)
    assert read(tmp_path, "Loss/train") == [(0, 3.0), (10, 7.0)]
