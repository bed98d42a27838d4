"""The file that `learngrad demo` writes: opened from disk, offline, and stepped to its end."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect

from learngrad.trace.text import span_text
from tests.browser.lab import Watch

ROOT = Path(__file__).parents[2]


def test_the_demo_page_steps_offline(browser, artefacts, tmp_path):
    path = tmp_path / "demo.html"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "learngrad", "demo", "--epochs", "2", "--out", path],
        env=environment, text=True, capture_output=True, check=False, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    watch = Watch(page, allowed=path.as_uri())
    page.goto(path.as_uri())
    graph = page.locator("#learngrad-graph .lg-root")
    expect(graph).to_have_attribute("data-ready", "true")
    expect(page.locator("#learngrad-curves .lg-root")).to_have_attribute("data-ready", "true")
    steps = int(graph.get_attribute("data-steps"))
    for at in range(1, steps + 1):
        graph.get_by_role("button", name="one step on").click()
        expect(graph).to_have_attribute("data-index", str(at))
    trace = json.loads(page.locator("#learngrad-data").text_content())["trace"]
    written = {step["node"]: step["write"]["after"] for step in trace["replays"][0]["steps"]
               if step.get("write")}
    assert len(written) == 4
    for node, grad in written.items():
        assert f"grad {span_text(grad)}" in graph.locator(f"g[data-id='{node}']").text_content()
    page.screenshot(path=artefacts / "demo-page.png", full_page=True)
    context.close()
    assert watch.problems == []
    assert watch.requests == [path.as_uri()]
    assert re.search(r"\d\d(\.\d+)? ?%", ended.stdout)
