"""The gates themselves: what CI refuses, and that the pages name files and commands that exist."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("*.md"))
EXAMPLES = {page: re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
            for page in PAGES}

SKIPPED = {
    "test": "import pytest\ndef test_page(): pytest.skip('no Chromium')\n",
    "file": "import pytest\npytest.skip('no Chromium', allow_module_level=True)\n",
    "module": "import pytest\npytest.importorskip('no_such_module')\n",
    "mark": "import pytest\n@pytest.mark.skipif(True, reason='no Chromium')\n"
                     "def test_page(): pass\n",
}


def run_pytest(tree, in_ci):
    environment = {k: v for k, v in os.environ.items() if k != "LEARNGRAD_CI"}
    environment |= {"LEARNGRAD_CI": "1"} if in_ci else {}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider",
               "--continue-on-collection-errors", str(tree)]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True,
                          check=False)


@pytest.fixture
def tree(tmp_path):
    """A tree with our conftest, our settings and one test that passes."""
    (tmp_path / "tests/browser").mkdir(parents=True)
    shutil.copy(ROOT / "tests/conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests/test_passes.py").write_text("def test_passes(): pass\n")
    return tmp_path


def test_ci_does_not_skip_a_browser_test(tree):
    for name, source in SKIPPED.items():
        (tree / f"tests/browser/test_{name}.py").write_text(source)
    (tree / "tests/test_marked.py").write_text(
        "import pytest\n@pytest.mark.browser\ndef test_page(): pytest.skip('no Chromium')\n")
    assert run_pytest(tree, in_ci=False).returncode == 0
    ended = run_pytest(tree, in_ci=True)
    assert ended.returncode != 0
    refused = set(re.findall(r"^(?:FAILED|ERROR) tests/(?:browser/)?test_(\w+)\.py", ended.stdout,
                             re.MULTILINE))
    assert refused == {*SKIPPED, "marked"}
    assert ended.stdout.count("must not be skipped in CI") >= len(refused)


def test_ci_lets_other_tests_skip(tree):
    (tree / "tests/test_other.py").write_text(SKIPPED["test"])
    assert run_pytest(tree, in_ci=True).returncode == 0


def test_a_warning_is_an_error(tree):
    (tree / "tests/test_warns.py").write_text(
        "import warnings\ndef test_warns(): warnings.warn('old', DeprecationWarning)\n")
    assert run_pytest(tree, in_ci=False).returncode != 0


@pytest.mark.parametrize(("source", "said"), [
    ("def test_nothing(): pass\n", "reference: "),
    ("import sys, types\nsys.modules['torch'] = types.SimpleNamespace(__version__='9.8.7')\n"
     "def test_it(): pass\n", "reference: PyTorch 9.8.7"),
])
def test_the_summary_names_the_reference(tree, source, said):
    (tree / "tests/test_reference.py").write_text(source)
    assert said in run_pytest(tree, in_ci=False).stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_pages_link_to_files_that_exist(page):
    text = page.read_text("utf-8")
    targets = re.findall(r"(?:\]\(|src=\"|href=\")(?!\w+:|#)([^)#\"\s]+)", text)
    assert [t for t in targets if not (ROOT / t).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_pages_name_commands_that_exist(page):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = re.findall(r"(?:`|^ {4}|^)make(?: [A-Z]+=\S+)* ([a-z][a-z-]*)",
                       page.read_text("utf-8"), re.MULTILINE)
    assert set(named) <= targets


@pytest.mark.parametrize("page", [p for p in PAGES if EXAMPLES[p]], ids=lambda p: p.name)
def test_the_examples_of_a_page_run(page, tmp_path):
    """All of a page's Python in one go, in order, as a reader would type it."""
    ended = subprocess.run([sys.executable, "-W", "error", "-c", "\n".join(EXAMPLES[page])],
                           cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
                           capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
