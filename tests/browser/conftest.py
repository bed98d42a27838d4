"""A real JupyterLab in an empty home, and a real Chromium that looks at it.

One server and one browser serve all tests; each test opens its own notebooks as tabs of one page.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

from learngrad.trace.html import write_html
from tests.browser.lab import Lab, Notebook, Watch

ROOT = Path(__file__).parents[2]
ARTEFACTS = Path(os.environ.get("LEARNGRAD_ARTEFACTS") or ROOT / "tests" / "artefacts")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage"]
NO_CHROMIUM = ("no Chromium on this machine: `apt install chromium` (Debian, Ubuntu), or name one "
               "with LEARNGRAD_CHROMIUM=/path/to/chromium")
SETTINGS = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings":
        {"fetchNews": "false", "checkForUpdates": False},
    # Else outputs that are off screen are not in the page.
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
}


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser():
    found = os.environ.get("LEARNGRAD_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)),
                                                          None)
    if found is None:
        pytest.skip(NO_CHROMIUM)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def artefacts():
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    return ARTEFACTS


@pytest.fixture(scope="package")
def server(tmp_path_factory):
    """Address, token, notebooks and data folder of a JupyterLab that has no user's settings."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "notebooks"
    folder.mkdir()
    settings = home / "settings"
    for name, values in SETTINGS.items():
        (settings / name).parent.mkdir(parents=True, exist_ok=True)
        (settings / name).write_text(json.dumps(values))
    token = secrets.token_hex(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    environment = kept | {
        "HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"), "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"), "PYTHONPATH": str(ROOT),
        "OPENBLAS_NUM_THREADS": "1",
    }
    log = home / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
             "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
             f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}",
             "--LabApp.expose_app_in_browser=True"],
            env=environment, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(process, f"{address}/api/status?token={token}", log)
        yield address, token, folder, home / "data"
    finally:
        process.terminate()  # the server stops its kernels
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_up(process, address, log, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="package")
def lab(browser, server):
    """One page of JupyterLab, kept for all tests."""
    address, token, folder, data = server
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    watch = Watch(page, allowed=address)
    lab = Lab(page, watch, address, token, folder, data)
    lab.load()
    yield lab
    context.close()


@pytest.fixture
def notebook(lab):
    """Makes a notebook of the given cells (texts), opens it, and closes it after the test.

    The test fails if the page made a request to elsewhere or wrote an error to its console.
    """
    opened = []
    lab.watch.clear()

    def make(*cells, path=None):
        if path is None:
            path = lab.folder / f"test-{secrets.token_hex(4)}.ipynb"
            book = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
                metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
            nbformat.write(book, path)
        opened.append(Notebook(lab, path.name))
        return opened[-1]

    yield make
    for book in opened:
        book.close()
    assert not lab.watch.problems, "\n".join(lab.watch.problems)


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page that `write_html` makes; fails on any error, request or dialogue."""
    contexts = []

    def open_page(trace=None, curves=None, *, script=True, width=1200, scheme="light", **options):
        path = write_html(tmp_path / "page.html", trace, curves, **options)
        context = browser.new_context(offline=True, java_script_enabled=script,
                                      color_scheme=scheme,
                                      viewport={"width": width, "height": 900})
        page = context.new_page()
        watch = Watch(page, allowed=path.as_uri())
        page.on("dialog", lambda dialog: watch.problems.append(f"dialogue: {dialog.message}"))
        contexts.append((context, watch))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context, watch in contexts:
        context.close()
        assert watch.problems == []
        assert len(watch.requests) == 1
