"""JupyterLab as a test drives it: notebooks, their cells, and the views in their outputs."""

import json
import re

import nbformat
from nbformat.sign import NotebookNotary

SECOND = 1_000
QUIET = re.compile(
    # Chromium's and JupyterLab's own remarks, which are there without a line of ours too.
    r"favicon|ResizeObserver loop|/lab/api/(listings|translations)|/lsp/status|\.map\b"
    # What JupyterLab had asked a kernel when the test ended and the kernel was shut down.
    r"|Canceled future for \w+ message before replies were done"
)


BLOCK = """\
import learngrad
from learngrad import nn
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
    def forward(self, x):
        return x + self.b(self.a(x).tanh())
"""
"""A module of five operations, for large graphs."""


class Watch:
    """What a page must not do: write an error, raise, or ask another address for anything."""

    def __init__(self, page, allowed=None):
        self.problems = []
        self.requests = []
        self._allowed = allowed
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._problem(f"page error: {error}"))
        page.on("request", self._asked)

    def clear(self):
        self.problems.clear()
        self.requests.clear()

    def _problem(self, text):
        if not QUIET.search(text):
            self.problems.append(text)

    def _said(self, message):
        if message.type == "error":
            where = (message.location or {}).get("url", "")
            self._problem(f"console: {message.text} ({where})")

    def _asked(self, request):
        if request.url.startswith(("data:", "blob:")):
            return
        self.requests.append(request.url)
        if self._allowed is not None and not request.url.startswith(self._allowed):
            self._problem(f"asked for {request.url}")


class Lab:
    """A page with JupyterLab in it."""

    def __init__(self, page, watch, address, token, folder, data):
        self.page, self.watch, self.folder, self._data = page, watch, folder, data
        self._address, self._token = address, token

    def load(self):
        self.page.goto(f"{self._address}/lab?reset&token={self._token}")
        self.page.wait_for_function("window.jupyterapp?.restored !== undefined",
                                    timeout=60 * SECOND)
        self.page.evaluate("window.jupyterapp.restored")
        if self.page.locator("#jp-left-stack:not(.lm-mod-hidden)").count():
            self.execute("application:toggle-left-area")  # the file browser takes room

    def trust(self, path):
        """Sign a notebook as `make lab` does: outputs of a stranger's show no SVG."""
        self._data.mkdir(exist_ok=True)
        notary = NotebookNotary(data_dir=str(self._data))
        notary.sign(nbformat.read(path, as_version=4))
        notary.store.close()

    def execute(self, command, **arguments):
        """Run one of JupyterLab's commands; what it returns is not plain data and stays there."""
        self.page.evaluate(
            "([name, given]) => window.jupyterapp.commands.execute(name, given).then(() => {})",
            [command, arguments])

    def theme(self, dark):
        name = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.execute("apputils:change-theme", theme=name)
        self.page.wait_for_function(
            "light => document.body.dataset.jpThemeLight === light",
            arg="false" if dark else "true")
        # Two changes within its 200 ms of fading make JupyterLab take its splash away twice.
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")


class Notebook:
    """An open notebook in the lab's page."""

    def __init__(self, lab, name):
        self.lab, self.page, self.name = lab, lab.page, name
        self._open()

    def _open(self):
        self.lab.execute("docmanager:open", path=self.name, factory="Notebook")
        self.panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.panel.locator(".jp-Cell").first.wait_for(timeout=30 * SECOND)
        self._in_page("""async panel => {
            await panel.context.ready;
            await panel.sessionContext.ready;
            await panel.sessionContext.session.kernel.info;
        }""")

    def _in_page(self, function):
        return self.page.evaluate(f"""async name => {{
            for (const widget of window.jupyterapp.shell.widgets("main"))
                if (widget.context?.path === name) return await ({function})(widget);
            throw new Error("no notebook " + name);
        }}""", self.name)

    # ---- Running ---------------------------------------------------------------------------------

    def run_all(self, wait=True):
        """Run every cell; with `wait`, until the kernel is done and every view is drawn."""
        run = "window.jupyterapp.commands.execute('notebook:run-all-cells')"
        self.page.evaluate(f"{run}.then(() => {{}})" if wait else f"{{ void {run}; }}")
        if wait:
            self.ready()

    def run(self, index):
        """Run one cell and wait for its end."""
        self._in_page(f"panel => {{ panel.content.activeCellIndex = {index}; }}")
        self.lab.execute("notebook:run-cell")

    def ready(self, seconds=60):
        """Wait until each view has drawn what it knows."""
        self.page.wait_for_function("""() => {
            const panel = document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden)");
            const slots = [...panel.querySelectorAll(".jp-OutputArea [data-learngrad]")];
            return slots.every(slot =>
                slot.shadowRoot?.querySelector(".lg-root")?.dataset.ready === "true");
        }""", timeout=seconds * SECOND)

    def interrupt(self):
        self.lab.execute("notebook:interrupt-kernel")

    def ask(self, expression, first=""):
        """The value of a Python expression in the kernel, as plain data; `first` runs before it."""
        code = f"{first}\nimport json\nprint(json.dumps({expression}))"
        text = self._in_page(f"""async panel => {{
            const kernel = panel.sessionContext.session.kernel;
            const request = {{ code: {json.dumps(code)}, store_history: false }};
            const future = kernel.requestExecute(request);
            let text = "";
            future.onIOPub = ({{ content }}) => {{
                text += content.text ?? content.traceback?.join("\\n") ?? "";
            }};
            await future.done;
            return text;
        }}""")
        return json.loads(text)

    # ---- Looking ---------------------------------------------------------------------------------

    def cell(self, index):
        return self.panel.locator(".jp-Notebook-cell").nth(index)

    def views(self, index=None):
        """The live views, of one cell or of all."""
        place = self.panel if index is None else self.cell(index)
        return place.locator(".jp-OutputArea .lg-root")

    def text(self, index):
        """What a cell printed."""
        return "".join(self.cell(index).locator(".jp-OutputArea-output pre").all_inner_texts())

    def run_command(self, name):
        self.lab.execute(name)

    def save(self):
        self.lab.execute("docmanager:save")

    def reload(self):
        """Load the page anew; the kernel goes on."""
        self.lab.load()
        self._open()

    def reopen(self):
        """Save, end the kernel, and open the notebook in a fresh page, as on another day."""
        self.close()
        self.lab.load()
        self._open()

    def close(self):
        """Close the tab and end the kernel."""
        self._in_page("""async panel => {
            await panel.context.save();
            await panel.sessionContext.shutdown();
            panel.close();
        }""")

    def picture(self, path, width=1100):
        """Keep a picture of the whole notebook, however long it is."""
        page, before = self.page, self.page.viewport_size
        outer = self.panel.locator(".jp-WindowedPanel-outer")
        page.set_viewport_size({"width": width, "height": 900})
        height = outer.evaluate("e => e.scrollHeight") + 200
        page.set_viewport_size({"width": width, "height": min(height, 16_000)})
        outer.evaluate("e => { e.scrollTop = 0; }")
        page.wait_for_timeout(500)
        self.ready()
        outer.screenshot(path=path)
        page.set_viewport_size(before)
