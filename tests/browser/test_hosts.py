"""Where else a live view is shown, and what many of them cost."""

import importlib.util
import os
import re
import socket
import subprocess
import sys

import nbformat
import pytest
from nbconvert import HTMLExporter, SlidesExporter
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, wait_until_up
from tests.browser.controls import BUSY, TRAINING, Controls
from tests.browser.lab import Watch

EXAMPLE = """\
import learngrad
with learngrad.record() as tape:
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(-3.0, requires_grad=True)
    loss = (a * b + a).tanh()
    loss.backward()
plot = learngrad.LivePlot()
for i in range(20):
    plot.log(loss=1 / (1 + i))
"""
MARIMO = """\
import marimo
app = marimo.App()

@app.cell
def _():
    import learngrad
    with learngrad.record() as tape:
        a = learngrad.tensor(2.0, requires_grad=True)
        b = learngrad.tensor(-3.0, requires_grad=True)
        loss = (a * b + a).tanh()
        loss.backward()
    tape
    return learngrad, loss

@app.cell
def _(learngrad, loss):
    learngrad.show(loss)
    return

if __name__ == "__main__":
    app.run()
"""
# What Notebook 7.6 and Voila 0.5 write without a line of ours, too: of extensions that Voila cannot
# load (Notebook's, jupytext's), and of letters that it fetches from the network.
THEIRS = re.compile(r"reading 'schema'|@jupyterlab/docregistry|cdn\.jsdelivr\.net/npm/@fortawesome"
                    r"|getter for the shared module is not a function")
KEPT = "[len(ipywidgets.widgets.widget._instances), len(gc.get_objects())]"


# ---- Notebook and Voila ------------------------------------------------------------------------


@pytest.fixture
def hosted(browser, tmp_path, request):
    """Starts a host on a notebook and opens it in a page, in light or in dark."""
    started = []

    def hosted(host, scheme):
        if importlib.util.find_spec(host) is None:
            pytest.skip(f"{host} is not installed: `pip install {host}`")
        cells = [EXAMPLE, TRAINING] + [BUSY] * (host == "notebook")
        book = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
        nbformat.write(book, tmp_path / "example.ipynb")
        (tmp_path / "example.py").write_text(MARIMO)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = {
            "notebook": ["--no-browser", "--allow-root", "--ip=127.0.0.1",
                         "--ServerApp.port_retries=0", "--IdentityProvider.token=",
                         "--JupyterNotebookApp.expose_app_in_browser=True"],
            "voila": ["--no-browser", f"--theme={scheme}", "example.ipynb"],
            "marimo": ["run", "--headless", "--no-token", "--host=127.0.0.1", "example.py"]}[host]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
        log = tmp_path / "host.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", host, *command[:-1], f"--port={port}", command[-1]],
                env=kept | {"HOME": str(tmp_path), "JUPYTER_NO_CONFIG": "1",
                            "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
                cwd=tmp_path, stdout=out, stderr=subprocess.STDOUT)
        address = f"http://127.0.0.1:{port}"
        context = browser.new_context(color_scheme=scheme)
        started.append((process, context))
        path = "/notebooks/example.ipynb" if host == "notebook" else "/"
        wait_until_up(process, address + path, log)
        page = context.new_page()
        watch = Watch(page)
        page.goto(address + path)
        return page, watch

    yield hosted
    for process, context in started:
        context.close()
        process.terminate()
        process.wait(20)


def ours(watch):
    """The problems that are not the host's own."""
    return [problem for problem in watch.problems if not THEIRS.search(problem)]


def steps(page):
    """The graph comes up and goes a step."""
    view = page.locator(".lg-root[data-steps]")
    expect(view).to_have_attribute("data-ready", "true", timeout=60_000)
    expect(page.locator(".lg-plot").first).to_be_visible()
    view.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-index", "1")
    assert view.locator(".lg-hush").text_content().startswith("Step 1 of 5: tanh, loss = tanh(")
    return view


def trains(page, folder, path, host, *, busy=False):
    """A training answers its buttons; with `busy` also while the cell after it runs."""
    view = page.locator(".lg-plot", has=page.locator(".lg-training"))
    strip = view.get_by_role("group", name="training", exact=True)
    expect(strip).to_have_attribute("data-state", "running", timeout=60_000)
    expect(strip).to_contain_text("steps/s")
    controls = Controls(view, folder)
    if busy:
        controls.pause_and_resume(4, " while a cell runs")
        page.wait_for_function("""() => JSON.stringify(  // it may be off screen
            window.jupyterapp.shell.currentWidget.content.model.cells.get(2).outputs.toJSON()
        ).includes("another cell, 4 pauses")""")
    controls.every_one()
    controls.stop()
    controls.write(path, host)


@pytest.mark.host
def test_notebook_shows_and_steps_it(hosted, tmp_path, artefacts):
    page, watch = hosted("notebook", "light")
    page.locator(".jp-Cell").first.wait_for(timeout=60_000)
    page.wait_for_function("""() => {
        const { currentWidget } = window.jupyterapp?.shell ?? {};
        return currentWidget?.context?.sessionContext?.session?.kernel?.status === "idle";
    }""", timeout=60_000)
    page.evaluate("{ void window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    view = steps(page)
    assert "lg-dark" not in view.get_attribute("class")
    page.screenshot(path=artefacts / "host-notebook.png")
    trains(page, tmp_path, artefacts / "train-controls-notebook.txt", "Notebook 7", busy=True)
    assert ours(watch) == []


@pytest.mark.host
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_voila_shows_and_steps_it(hosted, tmp_path, artefacts, scheme):
    page, watch = hosted("voila", scheme)
    view = steps(page)
    assert ("lg-dark" in view.get_attribute("class")) == (scheme == "dark")
    page.screenshot(path=artefacts / f"host-voila-{scheme}.png")
    if scheme == "light":
        trains(page, tmp_path, artefacts / "train-controls-voila.txt", "Voila")
    assert ours(watch) == []


@pytest.mark.host
def test_marimo_shows_and_steps_the_page(hosted, artefacts):
    page, watch = hosted("marimo", "light")
    tape, shown = (page.frame_locator("iframe[title=learngrad]").nth(at).locator(".lg-root")
                   for at in (0, 1))
    for view in (tape, shown):
        expect(view).to_have_attribute("data-ready", "true", timeout=60_000)
    tape.focus()
    page.keyboard.press("ArrowRight")
    expect(tape).to_have_attribute("data-index", "1")
    assert shown.get_attribute("data-nodes") == "5"
    page.screenshot(path=artefacts / "host-marimo.png")
    assert ours(watch) == []


# ---- nbconvert ---------------------------------------------------------------------------------


@pytest.mark.parametrize("exporter", [HTMLExporter, SlidesExporter],
                         ids=lambda exporter: exporter.__name__)
def test_an_exported_notebook_shows_its_pictures(notebook, browser, tmp_path, artefacts, exporter):
    book = notebook(EXAMPLE)
    book.run_all()
    book.save()
    saved = nbformat.read(book.lab.folder / book.name, as_version=4)
    for cell in saved.cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    path = tmp_path / "exported.html"
    path.write_text(exporter().from_notebook_node(saved)[0], "utf-8")
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        pictures = page.locator("[data-learngrad] img")
        assert pictures.count() == 2
        for picture in pictures.all():
            picture.scroll_into_view_if_needed()
            assert picture.evaluate("e => e.naturalWidth") > 100
        assert pictures.first.get_attribute("alt") == (
            "A graph of 3 operations and 2 leaves. 1 backward replay of 5 steps.")
        page.screenshot(path=artefacts / f"export-{exporter.__name__}.png")


# ---- Many of them ------------------------------------------------------------------------------


def test_a_cell_that_runs_a_hundred_times_leaves_nothing(notebook, lab, artefacts):
    book = notebook(EXAMPLE)
    book.run_all()
    browser = lab.page.context.new_cdp_session(lab.page)

    def left(again):
        lab.page.evaluate("""async times => {
            while (times--) await window.jupyterapp.commands.execute("notebook:run-cell");
        }""", again)
        book.ready()
        lab.page.wait_for_timeout(1_500)  # what has left the page is given up after a second
        browser.send("HeapProfiler.collectGarbage")
        return (*book.ask(KEPT, first="import gc, ipywidgets; gc.collect()"),
                browser.send("Memory.getDOMCounters")["nodes"],
                browser.send("Runtime.getHeapUsage")["usedSize"])

    before, after = left(15), left(85)
    widgets, objects, nodes, used = (now - then for now, then in zip(after, before, strict=True))
    (artefacts / "hundred-runs.txt").write_text(
        f"from the 15th to the 100th run of a cell with a graph and a plot: {widgets} widgets and "
        f"{objects} objects more in the kernel, {nodes} nodes and {used / 1e6:.1f} MB in the "
        "page\n")
    assert widgets == 0
    assert objects < 1_000 * 85
    # A graph and a plot are some 400 nodes and were a megabyte of code.
    assert nodes < 10 * 85
    assert used < 150_000 * 85


def test_what_a_view_needs_comes_once(notebook):
    book = notebook(EXAMPLE)
    book.run_all()
    sizes = book.ask("[len(w._esm) for w in ipywidgets.widgets.widget._instances.values() "
                     "if hasattr(w, 'uid')]", first="import ipywidgets")
    assert len(sizes) == 2
    assert max(sizes) < 2_000
