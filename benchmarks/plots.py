"""Live plots beside each other, each in a Jupyter kernel of its own that nobody looks at.

What a plot costs is what the process works longer for a step with it than without, in turns, in all
its threads; what it sends is counted where a browser would hear it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from ast import literal_eval
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PEERS = {"learngrad": ("anywidget",), "livelossplot": ("livelossplot",),
         "matplotlib": ("matplotlib",), "ipympl": ("ipympl",)}
"""What is measured, and what it needs beside a kernel."""
KERNEL = ("jupyter_client", "ipykernel")
STEP = 0.001
"""Seconds of a step without a plot."""
CELL = """from benchmarks.plotting import measure
found = measure({peer!r}, {rounds}, {steps}, {seconds})"""
SHOWS = {"comm_open", "comm_msg", "display_data", "update_display_data", "clear_output", "stream"}


def plots(rounds: int, steps: int) -> dict[str, Any]:
    """Each peer in a kernel of its own; a row says what is missing where it cannot be measured."""
    rows = {}
    for peer, needs in PEERS.items():
        missing = [name for name in (*KERNEL, *needs) if find_spec(name) is None]
        rows[peer] = {"missing": ", ".join(missing)} if missing else _in_a_kernel(
            peer, rounds, steps)
    return {"about": f"a curve of one loss, a point a step, steps of {STEP * 1e3:g} ms",
            "rows": rows}


def _in_a_kernel(peer: str, rounds: int, steps: int) -> dict[str, Any]:
    from jupyter_client.manager import KernelManager

    with tempfile.TemporaryDirectory() as folder:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
        manager = KernelManager(connection_file=f"{folder}/kernel.json")
        manager.kernel_cmd = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}",
                              "--log-level=40"]
        manager.start_kernel(cwd=str(ROOT), env=kept | {
            "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "IPYTHONDIR": folder})
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            return _asked(client, peer, rounds, steps)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def _asked(client: Any, peer: str, rounds: int, steps: int) -> dict[str, Any]:
    sent = {"messages": 0, "bytes": 0}

    def hear(message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        if kind in SHOWS:
            sent["messages"] += 1
            sent["bytes"] += len(json.dumps(content)) + sum(map(len, message["buffers"]))

    reply = client.execute_interactive(
        CELL.format(peer=peer, rounds=rounds, steps=steps, seconds=STEP), output_hook=hear,
        user_expressions={"found": "found"}, timeout=600)
    found = reply["content"]["user_expressions"]["found"]["data"]["text/plain"]
    result: dict[str, Any] = json.loads(literal_eval(found))
    return {**result, "messages": sent["messages"] / result["seconds"],
            "bytes": sent["bytes"] / result["logged"]}
