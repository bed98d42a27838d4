"""`learngrad` on the public index is somebody else's: nothing of ours says to install it."""

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import learngrad

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# Any installer; options may stand between, an extra may follow; `learngrad-lab` is ours.
SAYS_INSTALL = re.compile(
    r"\b(?:(?:pip3?|uv(?:\s+tool)?|pipx|conda|mamba|poetry|pdm)\s+(?:install|add|download|wheel)"
    r"|uvx)(?:\s+-\S+(?:\s+(?!learngrad)[\w-]+)?)*\s+[\"'`]?learngrad\b(?![-_]lab|\.|/)",
    re.IGNORECASE,
)


def files():
    """Every text file of the project: what git knows, or, in an unpacked archive, what is there."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                                 "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
        names = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        names = [p for p in ROOT.rglob("*") if "node_modules" not in p.parts]
    return [p for p in names if p.is_file()]


def test_nothing_says_to_install_somebody_elses_package():
    wrong = []
    for path in files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        wrong += [f"{path.relative_to(ROOT)}: {found[0]}" for found in SAYS_INSTALL.finditer(text)]
    assert not wrong, "\n".join(wrong)


INSTALL = "install"  # kept apart, so that this file does not say what it forbids


@pytest.mark.parametrize("text", [
    f"pip {INSTALL} learngrad", f"pip {INSTALL} -U 'learngrad[lab]'", f"uv add {'learngrad'}",
    f"python -m pip {INSTALL} --upgrade -q learngrad", f"conda {INSTALL} -c conda-forge learngrad",
])
def test_the_search_finds_what_it_should(text):
    assert SAYS_INSTALL.search(text)


@pytest.mark.parametrize("text", [
    f"pip {INSTALL} learngrad-lab", f"pip {INSTALL} 'learngrad-lab[lab]'", f"pip {INSTALL} .",
    f"pip {INSTALL} -e '.[lab]'", f"{INSTALL} learngrad again", "uv run learngrad demo",
])
def test_the_search_leaves_the_rest_alone(text):
    assert not SAYS_INSTALL.search(text)


def test_versions_agree():
    assert learngrad.__version__ == PROJECT["version"]


def test_the_distribution_is_learngrad_lab():
    assert PROJECT["name"] == "learngrad-lab"
    assert metadata.version("learngrad-lab") == PROJECT["version"]
