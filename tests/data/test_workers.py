"""Batches loaded ahead by processes: in order, shared, repeatable, and gone without a trace."""

import gc
import mmap
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from pickle import PickleBuffer

import numpy as np
import pytest

import learngrad
from learngrad.data import DataLoader, TensorDataset, blocks, get_worker_info, info, workers
from learngrad.errors import ArgumentError, ArgumentTypeError, MissingDependency, WorkerError
from tests.data import sets

ROOT = Path(__file__).parents[2]
LINUX = sys.platform == "linux"
LIMIT = 240  # seconds: only a test that hangs takes so long

posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
linux = pytest.mark.skipif(not LINUX, reason="reads /proc")


def children(parent):
    """Process ids of a process's children, without those that Python keeps for itself."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status[1]) == parent and status[0] != "Z" and not any(
                word in command for word in (b"resource_tracker", b"forkserver")):
            found.add(int(folder.name))
    return found


def shared_memory():
    """Mapped and open blocks of ours, and names in /dev/shm that are ours."""
    mapped = [line for line in Path("/proc/self/maps").read_text().splitlines()
              if "learngrad" in line and ("memfd" in line or "/dev/shm" in line)]
    named = [name for name in os.listdir("/dev/shm")
             if "learngrad" in name or f"-{os.getpid()}-" in name]
    return mapped + named


def soon(fact):
    """Whether a fact comes true; it is given much time."""
    for _ in range(LIMIT * 10):
        if fact():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(autouse=True)
def nothing_stays(request):
    """Each test leaves no process and no shared memory, and ends."""
    def late(*_):
        raise TimeoutError(f"{request.node.name} hangs")

    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, late)
        signal.alarm(LIMIT)
    before = children(os.getpid()) if LINUX else set()
    yield
    gc.collect()
    if LINUX:
        assert soon(lambda: children(os.getpid()) <= before)
        assert shared_memory() == []
    if hasattr(signal, "SIGALRM"):
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def numbers(loader):
    return [batch.tolist() for batch in loader]


# ---- What comes, and in which order --------------------------------------------------------------


@pytest.mark.parametrize("context", [
    None, "thread", pytest.param("spawn", marks=pytest.mark.slow),
    pytest.param("forkserver", marks=[pytest.mark.slow, posix])])
def test_batches_are_those_of_num_workers_0_in_their_order(context):
    expected = list(DataLoader(sets.Big(), batch_size=6))
    found = list(DataLoader(sets.Big(), batch_size=6, num_workers=3,
                            multiprocessing_context=context))
    assert len(found) == 7
    for (x, i), (x0, i0) in zip(found, expected, strict=True):
        assert (x.dtype, x.device, x.shape) == (x0.dtype, x0.device, x0.shape)
        assert learngrad.equal(x, x0)
        assert i.tolist() == i0.tolist()


def test_the_order_of_a_seed_does_not_depend_on_workers():
    dataset = TensorDataset(learngrad.arange(20))
    orders = []
    for count in (0, 2):
        learngrad.manual_seed(3)
        loader = DataLoader(dataset, batch_size=4, shuffle=True, num_workers=count)
        orders.append([[x.tolist() for x, in loader] for _ in range(2)])
    assert orders[0] == orders[1]
    assert orders[0][0] != orders[0][1]


def test_one_by_one_and_what_a_collate_fn_makes():
    assert numbers(DataLoader(TensorDataset(learngrad.arange(3)), batch_size=None, num_workers=2,
                              collate_fn=lambda item: item[0])) == [0, 1, 2]
    assert list(DataLoader(sets.Told("fail"), batch_sampler=[[1, 2], [0]], num_workers=1,
                           collate_fn=sets.listing)) == [[1, 2], [0]]


def test_ready_batches_do_not_wait_for_a_slow_one_where_order_is_no_matter(tmp_path):
    loader = DataLoader(sets.Waiting(tmp_path / "go"), num_workers=2, in_order=False)
    found = []
    for batch in loader:
        found.append(batch.item())
        (tmp_path / "go").touch()  # only after another batch has come is item 0 there
    assert found[0] != 0
    assert sorted(found) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("context", [None, "thread"])
def test_a_stream_is_read_by_each_worker_to_its_end(count, context):
    loader = DataLoader(sets.Count(11), batch_size=2, num_workers=count,
                        multiprocessing_context=context)
    for _ in range(2):
        assert sorted(n for batch in numbers(loader) for n in batch) == list(range(11))
    parts = [list(range(11))[w::count] for w in range(count)]
    batches = [[part[i:i + 2] for i in range(0, len(part), 2)] for part in parts]
    turns = max(map(len, batches))
    assert numbers(loader) == [b[i] for i in range(turns) for b in batches if i < len(b)]


def test_a_stream_that_every_worker_reads_whole_is_noticed():
    loader = DataLoader(sets.Count(4, shared=False, promised=4), num_workers=2)
    with pytest.warns(UserWarning, match="do all workers read the same part"):
        assert len(numbers(loader)) == 8


def test_no_more_is_loaded_than_was_asked_for_in_advance(tmp_path):
    file = tmp_path / "items"
    loader = DataLoader(sets.Noted(file), num_workers=2, prefetch_factor=3)
    for taken, _ in enumerate(loader, 1):
        assert file.stat().st_size <= taken + 2 * 3
    assert file.stat().st_size == 30


def test_batches_too_large_for_a_pipe_do_not_block():
    """Jobs and answers are both larger than what a pipe holds."""
    loader = DataLoader(sets.Words(), batch_size=20_000, num_workers=1, prefetch_factor=3)
    assert [len(batch) for batch in loader] == [20_000] * 3


# ---- Memory --------------------------------------------------------------------------------------


def address(tensor):
    return tensor.numpy().__array_interface__["data"][0]


def mapped(tensor):
    """Whether the tensor's memory is shared with a worker."""
    base = tensor.numpy()
    while isinstance(base, np.ndarray):
        base = base.base
    return base is not None and "mmap" in repr(getattr(base, "obj", base))


@pytest.mark.parametrize("way", ["memfd", "file"])
def test_arrays_are_handed_over_without_a_copy(way, monkeypatch, tmp_path):
    if way == "memfd" and not hasattr(os, "memfd_create"):
        pytest.skip("this system has no memfd_create")
    monkeypatch.setattr(blocks, "best_way", lambda: way)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    places = set()
    for number, (x, i) in enumerate(DataLoader(sets.Big(400), batch_size=4, num_workers=1)):
        assert mapped(x)
        assert i.tolist() == [*range(4 * number, 4 * number + 4)]
        assert x[:, 0, 0].tolist() == i.tolist()
        x += 1  # it is ours to change
        places.add(address(x))
    assert len(places) < 20  # of 100 batches: memory is used again
    del x
    assert list(tmp_path.iterdir()) == []


def test_batches_that_are_kept_are_never_overwritten():
    kept = [(x[1:2], i) for x, i in DataLoader(sets.Big(80), batch_size=2, num_workers=2)]
    for x, i in kept:
        assert (x.numpy() == i[1].item()).all()
    assert sum(mapped(x) for x, _ in kept) <= 2 * workers.HELD  # the others are copies


@posix
@pytest.mark.parametrize("way", ["memfd", "file"])
def test_where_no_memory_can_be_shared_bytes_are_sent(way, monkeypatch, tmp_path):
    if way == "memfd" and not hasattr(os, "memfd_create"):
        pytest.skip("this system has no memfd_create")

    def refuse(fd, size):
        raise OSError("no space left")

    monkeypatch.setattr(os, "ftruncate", refuse)
    room = blocks.Room(way, str(tmp_path))
    handle, (place,) = room.put([PickleBuffer(np.arange(10_000.0))])
    assert handle is None
    assert room.fd < 0
    assert np.frombuffer(place).tolist() == list(range(10_000))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def windows_memory(monkeypatch):
    """Memory by name, as Windows has it: made where there is none of the name."""
    named = {}

    def memory(name, size):
        return named.setdefault(name, mmap.mmap(-1, size + len(name)))

    monkeypatch.setattr(blocks, "_named", memory)
    return named


def test_memory_that_went_with_its_worker_is_not_taken_for_zeros(windows_memory):
    handle, _ = blocks.Room("windows", None).put([PickleBuffer(np.ones(5_000))])
    windows_memory.clear()
    with pytest.raises(OSError, match="its memory is gone"):
        blocks.attach(handle, None)


@pytest.mark.parametrize("way", ["memfd", "file", "windows"])
def test_a_room_grows_and_keeps_what_was_made_in_it(way, tmp_path, windows_memory):
    if way == "memfd" and not hasattr(os, "memfd_create"):
        pytest.skip("this system has no memfd_create")
    here, there = multiprocessing.Pipe()
    room = blocks.Room(way, str(tmp_path))

    def sent(handle):
        room.send(there)
        return np.frombuffer(blocks.attach(handle, here), np.uint8)

    seen = sent(room.put([PickleBuffer(np.zeros(5_000))])[0])
    room.used = 0
    inside = room.make((3_000,), np.float64)
    inside[...] = 7
    handle, (place,) = room.put([PickleBuffer(inside)])
    assert handle is None  # nothing was copied: it lay there already
    assert (np.frombuffer(seen[place[0]:sum(place)]) == 7).all()
    larger = np.arange(9_000.0)
    handle, places = room.put([PickleBuffer(inside), PickleBuffer(larger)])
    seen = sent(handle)
    one, two = (np.frombuffer(seen[begin:begin + size]) for begin, size in places)
    assert (one == 7).all()
    assert two.tolist() == larger.tolist()
    assert list(tmp_path.iterdir()) == []
    here.close()
    there.close()


@posix
def test_memory_that_cannot_be_attached_is_reported(monkeypatch):
    def attach(handle, results):
        raise OSError("Too many open files")

    monkeypatch.setattr(blocks, "attach", attach)
    monkeypatch.setattr(workers, "PATIENCE", 0.1)
    with pytest.raises(WorkerError, match=r"heard any more \(Too many open files\) while batch 0"):
        list(DataLoader(sets.Big(), batch_size=4, num_workers=1))


# ---- Random numbers ------------------------------------------------------------------------------


def draws(count, epochs=1):
    learngrad.manual_seed(1)
    loader = DataLoader(sets.Drawn(), batch_size=4, num_workers=count, collate_fn=sets.listing)
    return [list(loader) for _ in range(epochs)]


def test_draws_repeat_whatever_the_number_of_workers():
    one = draws(1, epochs=2)
    assert one == draws(3, epochs=2)
    every = [number for epoch in one for batch in epoch for item in batch for number in item]
    assert len(set(every)) == len(every)  # no two items, batches or epochs draw the same


def test_a_worker_knows_itself():
    found = list(DataLoader(sets.Workers(), num_workers=2, collate_fn=sets.listing))
    rows = [row for (row,) in found]
    assert [row[1] for row in rows] == [0, 1] * 4
    assert {row[2] for row in rows} == {2}
    assert len({row[0] for row in rows} | {os.getpid()}) == 3
    assert rows[1][3] == rows[0][3] + 1
    assert sets.Workers()[0][1] == -1  # here is no worker


@pytest.mark.parametrize("context", [None, "thread"])
def test_init_runs_in_each_worker(context, tmp_path):
    def begin(number):
        (tmp_path / str(number)).write_text(str(get_worker_info().seed))

    list(DataLoader(sets.Big(4), num_workers=2, worker_init_fn=begin,
                    multiprocessing_context=context))
    first, second = (int((tmp_path / name).read_text()) for name in "01")
    assert second == first + 1


# ---- Errors --------------------------------------------------------------------------------------


def test_an_error_in_a_worker_is_raised_as_it_is_with_its_own_traceback():
    with pytest.raises(LookupError, match="item 5 is bad") as caught:
        list(DataLoader(sets.Told("fail"), batch_size=3, num_workers=2))
    cause = str(caught.value.__cause__)
    assert "the line that the traceback shows" in cause
    assert "learngrad/data" not in cause
    (note,) = caught.value.__notes__
    assert "in worker 1 of 2" in note
    assert "batch 1, items [3, 4, 5]" in note


def test_an_error_of_learngrads_keeps_its_parts():
    with pytest.raises(learngrad.errors.ShapeError, match="item 1 is") as caught:
        list(DataLoader([np.zeros(2), np.zeros(3)], batch_size=2, num_workers=1))
    assert "collate_fn" in caught.value.fix
    assert "DataLoader([np.zeros(2)" in str(caught.value)  # the line of the loop: no other is ours


@pytest.mark.parametrize(("what", "said"), [
    ("odd", "tests.data.sets.Odd"), ("leave", "SystemExit: enough"),
    ("exit", "exit code 3"), pytest.param("kill", "killed by SIGKILL", marks=posix)])
def test_what_cannot_be_raised_here_is_told(what, said):
    with pytest.raises(WorkerError, match="worker 0 of 2") as caught:
        list(DataLoader(sets.Told(what), batch_size=1, num_workers=2, sampler=[0, 1, 5, 2, 3, 4]))
    assert said in str(caught.value)
    assert "batch 2, items [5]" in str(caught.value)


@posix
def test_a_worker_that_is_killed_from_outside_is_reported():
    loader = DataLoader(sets.Workers(), num_workers=2, collate_fn=sets.listing, prefetch_factor=1)
    with pytest.raises(WorkerError, match="killed by SIGKILL"):  # noqa: PT012
        for (row,) in loader:
            os.kill(row[0], signal.SIGKILL)


@posix
def test_a_kept_worker_that_died_between_epochs_is_reported_and_replaced():
    loader = DataLoader(sets.Workers(), num_workers=2, batch_size=None, persistent_workers=True)
    victim, *_ = [row[0] for row in loader]
    os.kill(victim, signal.SIGKILL)
    with pytest.raises(WorkerError, match="killed by SIGKILL"):
        list(loader)
    assert victim not in {row[0] for row in loader}


@pytest.mark.parametrize("change", [{"dataset": sets.Unreadable()},
                                    {"worker_init_fn": sets.refuse}])
def test_a_worker_that_cannot_begin_says_why(change):
    with pytest.raises(RuntimeError, match=r"not in this process|cannot begin") as caught:
        list(DataLoader(**{"dataset": sets.Big(4), "num_workers": 2, **change}))
    assert "Traceback" in str(caught.value.__cause__)


@pytest.mark.parametrize("context", [None, "thread"])
def test_a_late_batch_is_an_error_under_a_timeout(context, tmp_path):
    loader = DataLoader(sets.Waiting(tmp_path / "go"), num_workers=1, timeout=0.2,
                        multiprocessing_context=context)
    with pytest.raises(WorkerError, match=r"in 0\.2 seconds"):
        list(loader)
    (tmp_path / "go").touch()  # a thread cannot be killed


def test_what_cannot_be_sent_to_a_process_is_told():
    dataset = sets.Count(2)
    dataset.lock = threading.Lock()
    with pytest.raises(ArgumentTypeError, match=r"the Count cannot be sent.*lock") as caught:
        next(iter(DataLoader(dataset, num_workers=1)))
    assert "thread" in caught.value.fix
    assert numbers(DataLoader(dataset, num_workers=1, multiprocessing_context="thread")) == [
        [0], [1]]


def test_contexts_are_checked():
    for wrong, error in (("magic", ArgumentError), (3, ArgumentTypeError)):
        with pytest.raises(error, match="multiprocessing_context"):
            list(DataLoader(sets.Big(2), num_workers=1, multiprocessing_context=wrong))


def test_without_loky_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "loky.backend", None)
    with pytest.raises(MissingDependency, match="pip install loky"):
        list(DataLoader(sets.Big(2), num_workers=1, multiprocessing_context="loky"))
    with pytest.warns(UserWarning, match="pip install loky") as told:
        batches = list(DataLoader(sets.Big(2), num_workers=1))
    assert len(batches) == 2
    assert told[0].filename == __file__


def test_where_there_are_no_processes_the_program_loads(monkeypatch):
    monkeypatch.setattr(info, "possible", False)
    loader = DataLoader(sets.Workers(), num_workers=2, batch_size=None, persistent_workers=True)
    with pytest.warns(UserWarning, match="no processes here"):
        rows = list(loader)
    assert {row[0] for row in rows} == {os.getpid()}


def test_a_browsers_python_has_all_it_needs():
    """Pyodide's Python has no `_multiprocessing`, and can start neither threads nor processes."""
    text = """
import sys, warnings
import numpy
sys.platform = "emscripten"
for name in ("multiprocessing", "_multiprocessing", "_posixsubprocess", "mmap", "loky"):
    sys.modules[name] = None
import _thread
def refuse(*_):
    raise RuntimeError("can't start new thread")
_thread.start_new_thread = refuse
import learngrad
from learngrad.data import DataLoader, TensorDataset
warnings.simplefilter("ignore")
for context in (None, "thread"):
    loader = DataLoader(TensorDataset(learngrad.arange(4)), 2, num_workers=2,
                        multiprocessing_context=context)
    print([x.tolist() for x, in loader])
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False,
                          cwd=ROOT)
    assert done.stderr == ""
    assert done.stdout == "[[0, 1], [2, 3]]\n" * 2


# ---- The end -------------------------------------------------------------------------------------


def test_workers_end_with_the_epoch_or_stay():
    for stay in (False, True):
        loader = DataLoader(sets.Workers(), num_workers=2, batch_size=None,
                            persistent_workers=stay)
        first, second = ({row[0] for row in loader} for _ in range(2))
        assert (first == second) is stay
        assert len(first) == len(second) == 2


@pytest.mark.parametrize("stay", [False, True])
@pytest.mark.parametrize("context", [None, "thread"])
def test_a_loop_that_is_left_early_can_begin_again(stay, context):
    loader = DataLoader(sets.Big(40), batch_size=2, num_workers=2, persistent_workers=stay,
                        multiprocessing_context=context)
    for _ in range(3):
        for _, i in loader:
            if i[0] == 6:
                break
    assert [i.tolist() for _, i in loader] == [[n, n + 1] for n in range(0, 40, 2)]


def test_a_loop_within_a_loop_has_workers_of_its_own():
    loader = DataLoader(sets.Count(4), num_workers=1, persistent_workers=True)
    assert [(a.item(), b.item()) for a in loader for b in loader] == [
        (a, b) for a in range(4) for b in range(4)]


@linux
def test_an_interrupt_ends_the_workers_whatever_they_do():
    loader = DataLoader(sets.Told("sleep"), num_workers=2, persistent_workers=True)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        for _ in loader:
            raise KeyboardInterrupt
    del loader
    # `nothing_stays` looks whether the worker that sleeps for 1,000 seconds is gone.


@posix
def test_a_worker_that_will_not_go_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr(workers, "PATIENCE", 0.1)
    for _ in DataLoader(sets.Stubborn(tmp_path / "deaf"), num_workers=1):
        assert soon((tmp_path / "deaf").exists)
        break


SCRIPT = """
import os, sys, time
import learngrad
from learngrad.data import DataLoader, Dataset

class Slow(Dataset):
    def __len__(self):
        return 6
    def __getitem__(self, i):
        if i > 1:
            time.sleep(1000)
        return os.getpid()

loader = DataLoader(Slow(), num_workers=2, multiprocessing_context=None)
iterator = iter(loader)
print(next(iterator).item(), next(iterator).item(), flush=True)
"""


def gone(ids):
    return lambda: not any(Path(f"/proc/{pid}").exists() for pid in ids)


@contextmanager
def program(text, tmp_path):
    """A script without `if __name__ == "__main__"`, whose workers' ids it prints first."""
    path = tmp_path / "program.py"
    path.write_text(text)
    process = subprocess.Popen([sys.executable, str(path)], env=os.environ | {
        "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True)
    try:
        ids = [int(word) for word in process.stdout.readline().split()]
        assert len(ids) == 2, process.stderr.read()
        yield process, ids
    finally:
        process.kill()
        process.communicate()
    assert soon(gone(ids))


@linux
@pytest.mark.parametrize("context", [None, "thread"])
def test_ctrl_c_in_a_terminal_stops_all_and_shows_one_traceback(context, tmp_path):
    text = SCRIPT.replace("context=None", f"context={context!r}") + "next(iterator)\n"
    with program(text, tmp_path) as (process, _):
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everyone in the group
        _, said = process.communicate(timeout=LIMIT)
        assert process.returncode == -signal.SIGINT
        assert said.count("KeyboardInterrupt") == 1


@linux
def test_a_program_may_end_in_the_middle_of_a_loop(tmp_path):
    with program(SCRIPT, tmp_path) as (process, _):
        _, said = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, said
        assert said == ""


@linux
@pytest.mark.parametrize("context", [None, "fork"])
def test_workers_go_when_the_program_is_killed(context, tmp_path):
    text = SCRIPT.replace("context=None", f"context={context!r}") + "next(iterator)\n"
    with program(text, tmp_path) as (process, ids):
        process.kill()
        process.wait()
        assert soon(gone(ids))


def test_classes_of_a_notebook_work():
    """A data set, an item's class and a collate_fn that only the notebook knows."""
    import nbformat
    from nbclient import NotebookClient
    cells = ["from collections import namedtuple\n"
             "import learngrad as torch\n"
             "from learngrad.utils.data import DataLoader, Dataset\n"
             "Point = namedtuple('Point', 'x y')\n"
             "scale = 10\n"
             "class Grid(Dataset):\n"
             "    def __init__(self):\n"
             "        super().__init__()\n"
             "    def __len__(self):\n"
             "        return 4\n"
             "    def __getitem__(self, i):\n"
             "        return Point(torch.full((100, 100), float(i)), scale * i)",
             "batches = list(DataLoader(Grid(), batch_size=2, num_workers=2))\n"
             "print([type(b) is Point and b.y.tolist() for b in batches],"
             " [b.x[:, 0, 0].tolist() for b in batches])",
             "class Torn(Grid):\n"
             "    def __getitem__(self, i):\n"
             "        return {}['nothing here']\n"
             "try:\n"
             "    list(DataLoader(Torn(), num_workers=1))\n"
             "except KeyError as error:\n"
             "    print(error.__cause__)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, timeout=LIMIT, kernel_name="python3",
                   resources={"metadata": {"path": str(ROOT)}}).execute()
    batches, trace = ("".join(output["text"] for output in cell.outputs)
                      for cell in notebook.cells[1:])
    assert batches == "[[0, 10], [20, 30]] [[0.0, 1.0], [2.0, 3.0]]\n"
    assert trace.count("return {}['nothing here']") == 1




def test_a_leaf_that_needs_a_gradient_still_does():
    loader = DataLoader([learngrad.ones(2, requires_grad=True)], batch_size=None, num_workers=1)
    (leaf,) = loader
    assert leaf.is_leaf
    assert leaf.requires_grad
