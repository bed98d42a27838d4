"""`make lab`, as a newcomer calls it: an empty home, an address that works, the lesson in front."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    Path(sys.prefix) != ROOT / ".venv",
    reason="runs in the .venv that `make test` makes, so as not to make a second one",
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def home(tmp_path):
    """An environment with an empty home, and without what an outer make left in it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "JUPYTER"))}
    return kept | {"HOME": str(tmp_path)}


@pytest.fixture
def lab(home):
    """The address that `make lab` prints; the server ends with the test."""
    port = free_port()
    process = subprocess.Popen(["make", "lab", "HEADLESS=1", f"PORT={port}"], cwd=ROOT, env=home,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True)
    patience = threading.Timer(300, os.killpg, (process.pid, signal.SIGKILL))
    patience.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            found = re.search(rf"http://localhost:{port}/\S+", line)
            if found:
                yield found[0]
                break
        else:
            pytest.fail("make lab ended and printed no address:\n" + "".join(said))
    finally:
        patience.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)


def fetch(address):
    """What is there; Jupyter prints its address a moment before it listens, so ask again."""
    for _ in range(60):
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError as error:
            refused = error
            time.sleep(0.5)
    raise refused


def test_the_printed_address_opens_the_first_lesson(lab):
    assert "/lab/tree/1-beginner/01-your-first-descent.ipynb?token=" in lab
    assert b"jupyter-config-data" in fetch(lab)
    contents = json.loads(fetch(lab.replace("/lab/tree/", "/api/contents/")))
    assert contents["type"] == "notebook"


def test_a_port_that_is_taken_is_refused_by_number(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(["make", "lab", "HEADLESS=1", f"PORT={port}"], cwd=ROOT, env=home,
                               capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode != 0
    assert str(port) in ended.stdout + ended.stderr
