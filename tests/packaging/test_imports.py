"""The rooms of the house: imports point to the top; `import learngrad` brings NumPy alone."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "learngrad"

# From the top down. A file may import from its own line and from those above it.
ROOMS = [
    {"source"},
    {"errors"},
    {"devices"},
    {"kernels", "memory"},
    {"autograd"},
    {"ops"},
    {"numbers", "printing"},
    {"tensor"},
    {"creation", "random"},
    {"linalg", "amp", "cuda"},
    {"backends"},
    {"compat", "saving"},
    {"nn", "optim", "distributions"},
    {"data"},
    {"trace"},
    {"descent"},
    {"widgets"},
    {"utils"},
    {"__init__"},
    # Written as a user writes: they come in by the front door.
    {"classroom"},
    {"demo"},
    {"cli"},
    {"__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
FILES = sorted(p for p in PACKAGE.rglob("*.py") if "node_modules" not in p.parts)


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path):
    """(line, dotted name) of every import that runs, at the top of the file or inside a function.

    What stands under `if TYPE_CHECKING:` never runs and is left out.
    """
    found = []
    package = ["learngrad", *path.relative_to(PACKAGE).parts[:-1]]

    def visit(node):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.orelse:
                visit(child)
            return
        if isinstance(node, ast.Import):
            found.extend((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found.extend((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text("utf-8"), str(path)))
    return found


def is_room(name):
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def rooms_imported(path):
    for line, name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "learngrad":
            # `import learngrad` and `from learngrad import ones` open the front door.
            yield line, parts[1] if len(parts) > 1 and is_room(parts[1]) else "__init__"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_towards_the_top(path):
    own = room_of(path)
    assert own in LEVEL, f"{own} has no place in the order of rooms"
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {room}, which is below {own}"
        for line, room in rooms_imported(path)
        if LEVEL.get(room, len(ROOMS)) > LEVEL[own]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_order_is_read_from_real_imports(tmp_path, monkeypatch):
    """The check itself, on files that break the order in each way it has to see."""
    package = tmp_path / "learngrad"
    for room in ("ops", "nn"):
        (package / room).mkdir(parents=True)
    (package / "tensor.py").touch()
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", package)
    path = package / "ops" / "bad.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    from learngrad.tensor import Tensor\n"
        "from learngrad import tensor\n"
        "from .. import nn\n"
        "from ..nn import Linear\n"
        "def late():\n"
        "    import learngrad.nn.linear\n"
        "    from learngrad import ones\n"
    )
    assert list(rooms_imported(path)) == [
        (4, "tensor"), (5, "nn"), (6, "nn"), (8, "nn"), (9, "__init__"),
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_devices_names_cupy(path):
    if room_of(path) == "devices":
        return
    assert not [line for line, name in imports_of(path) if name.split(".")[0] == "cupy"]
    strings = {n.value for n in ast.walk(ast.parse(path.read_text("utf-8")))
               if isinstance(n, ast.Constant)}
    assert "cupy" not in strings


def run_python(code):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-W", "error", "-c", code], text=True, check=False,
                           capture_output=True, env=environment, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


EXTRAS = ["IPython", "anywidget", "cloudpickle", "cupy", "graphviz", "ipywidgets", "jsonschema",
          "jupyter_client", "jupyter_core", "jupyterlab", "jupytext", "loky", "matplotlib",
          "nbformat", "pandas", "psygnal", "pytest", "scipy", "torch", "tqdm", "traitlets"]


def test_import_brings_numpy_and_the_standard_library_alone():
    """Every module that `import learngrad` loads beyond NumPy's is ours or comes with Python."""
    loaded = run_python(
        "import sys, numpy; before = set(sys.modules); import learngrad; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    strangers = set(loaded) - set(sys.stdlib_module_names) - {"learngrad", "numpy"}
    assert not strangers
    assert not set(loaded) & set(EXTRAS)


def test_import_loads_neither_widgets_nor_command_line():
    loaded = run_python("import sys, learngrad; print(*(m for m in sys.modules))")
    heavy = ("learngrad.widgets", "learngrad.classroom", "learngrad.cli", "learngrad.trace.html")
    assert not [name for name in loaded if name.startswith(heavy)]


def test_import_works_where_no_extra_is_installed():
    run_python(
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {EXTRAS!r}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import learngrad\n"
        "x = learngrad.tensor([1.0, 2.0], requires_grad=True)\n"
        "(x * x).sum().backward()\n"
        "assert x.grad.tolist() == [2.0, 4.0]\n"
        "learngrad.data.digits()\n"
    )
