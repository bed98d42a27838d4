"""environment.yml gives conda users what pyproject.toml gives everybody else."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = CONFIGURATION["project"]


def expand(requirements):
    """Requirements with our own extras replaced by what they ask for."""
    found = set()
    for requirement in requirements:
        ours = re.fullmatch(re.escape(PROJECT["name"]) + r"\[(.+)\]", requirement)
        if ours is None:
            found.add(requirement)
        else:
            for extra in ours[1].split(","):
                found |= expand(PROJECT["optional-dependencies"][extra.strip()])
    return found


@pytest.fixture(scope="module")
def environment():
    return yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))


def test_conda_users_get_the_lab_extra(environment):
    plain = {entry for entry in environment["dependencies"] if isinstance(entry, str)}
    (through_pip,) = [e["pip"] for e in environment["dependencies"] if isinstance(e, dict)]
    assert "--editable ." in through_pip
    promised = expand(PROJECT["dependencies"]) | expand(PROJECT["optional-dependencies"]["lab"])
    promised |= {"python" + PROJECT["requires-python"]}
    given = (plain - {"pip"}) | (set(through_pip) - {"--editable ."})
    assert given == promised


def test_the_base_needs_numpy_alone():
    assert PROJECT["dependencies"] == ["numpy>=2.0"]


def test_no_extra_asks_for_pytorch():
    for extra in PROJECT["optional-dependencies"]:
        names = {re.match(r"[\w.-]+", r)[0] for r in expand([f"{PROJECT['name']}[{extra}]"])}
        assert "torch" not in names


def test_uv_builds_again_when_any_source_of_the_bundle_changes():
    source = ROOT / "learngrad/widgets/js"
    folders = {p.name for p in source.iterdir() if p.is_dir()} - {"node_modules", "test", "tests"}
    watched = {key["file"] for key in CONFIGURATION["tool"]["uv"]["cache-keys"]}
    wanted = {f"learngrad/widgets/js/{folder}/**/*" for folder in folders}
    assert watched == wanted | {"pyproject.toml", "hatch_build.py", "learngrad/widgets/js/*"}


def test_the_readme_is_what_the_index_shows():
    assert ("readme" in PROJECT) == (ROOT / "README.md").is_file()


def test_uv_lock_was_made_from_these_requirements():
    lock = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
    (ours,) = [p for p in lock["package"] if p["name"] == PROJECT["name"]]
    locked = set()
    for entry in ours["metadata"]["requires-dist"]:
        extras = "[" + ",".join(entry["extras"]) + "]" if "extras" in entry else ""
        extra = entry.get("marker", "").removeprefix("extra == ").strip("'")
        locked.add((extra, entry["name"] + extras + entry.get("specifier", "")))
    wanted = {("", requirement) for requirement in PROJECT["dependencies"]}
    for extra, requirements in PROJECT["optional-dependencies"].items():
        wanted |= {(extra, requirement) for requirement in requirements}
    assert locked == wanted, "run `uv lock`"
