"""Downloads from a server on this machine: resumed, checked, from mirrors, never half there."""

import gzip
import hashlib
import io
import tarfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import learngrad
from learngrad.data import CIFAR10, MNIST, DataLoader, FashionMNIST, download, images
from learngrad.data.download import Remote, cache_folder, fetch
from learngrad.errors import DownloadError

CONTENT = np.random.default_rng(0).bytes(300_000)


class Handler(BaseHTTPRequestHandler):
    """Serves ``server.files``; ``server.faults`` says, once each, how to fail."""

    def do_GET(self):
        server = self.server
        wanted = self.headers.get("Range")
        server.asked.append((self.path, wanted))
        content = server.files.get(self.path)
        fault = server.faults.pop(0) if server.faults else None
        if content is None or fault == "absent":
            self.send_error(404)
            return
        begin = 0
        if wanted and fault != "no ranges":
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        body = content[begin:]
        if fault == "other":
            body = bytes(len(body))
        if fault == "longer":
            body += b"more"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:100_000] if fault == "cut" else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.files, found.faults, found.asked = {"/file": CONTENT}, [], []
    found.url = f"http://127.0.0.1:{found.server_port}"
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


def remote(server, *paths, content=CONTENT):
    return Remote("file.bin", len(content), hashlib.sha256(content).hexdigest(),
                  tuple(server.url + path for path in paths or ("/file",)))


def holds(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def get(wanted, folder):
    return fetch(wanted, folder, instead="use the digits")


def test_a_file_is_fetched_once(server, tmp_path):
    for _ in range(2):
        path = get(remote(server), tmp_path / "new")
        assert path.read_bytes() == CONTENT
    assert len(server.asked) == 1
    assert holds(tmp_path) == ["new/file.bin"]
    assert not (tmp_path / "new/unfinished").exists()


@pytest.mark.parametrize("ranges", [True, False])
def test_an_interrupted_download_goes_on(server, tmp_path, ranges):
    server.faults = ["cut"]
    with pytest.raises(DownloadError, match="100000 of 300000 bytes"):
        get(remote(server), tmp_path)
    assert holds(tmp_path) == ["unfinished/file.bin"]  # under its own name only when it is whole
    server.faults = [] if ranges else ["no ranges"]
    assert get(remote(server), tmp_path).read_bytes() == CONTENT
    assert server.asked[1:] == [("/file", "bytes=100000-")]
    assert holds(tmp_path) == ["file.bin"]


def test_an_interrupt_leaves_no_file_and_loses_nothing(server, tmp_path, monkeypatch):
    @contextmanager
    def interrupted(*_):
        def bar(count):
            raise KeyboardInterrupt
        yield bar

    with monkeypatch.context() as change:
        change.setattr(download, "_bar", interrupted)
        with pytest.raises(KeyboardInterrupt):
            get(remote(server), tmp_path)
    assert holds(tmp_path) == ["unfinished/file.bin"]
    assert get(remote(server), tmp_path).read_bytes() == CONTENT
    assert server.asked[1] == ("/file", f"bytes={download.CHUNK}-")


@pytest.mark.parametrize("fault", ["absent", "other", "longer", "cut"])
def test_the_next_mirror_is_asked(server, tmp_path, fault):
    server.files["/second"] = CONTENT
    server.faults = [fault]
    assert get(remote(server, "/file", "/second"), tmp_path).read_bytes() == CONTENT
    assert [path for path, _ in server.asked] == ["/file", "/second"]
    assert holds(tmp_path) == ["file.bin"]


def test_a_bad_beginning_is_thrown_away(server, tmp_path):
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished/file.bin").write_bytes(b"another file")
    assert get(remote(server), tmp_path).read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == ["bytes=12-", None]


def test_a_file_of_another_length_is_fetched_anew(server, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"half")
    assert get(remote(server), tmp_path).read_bytes() == CONTENT


def test_where_nothing_helps_each_mirror_is_named_and_what_to_use_instead(server, tmp_path):
    server.faults = ["other"]
    with pytest.raises(DownloadError) as caught:
        get(Remote("file.bin", len(CONTENT), remote(server).sha256,
                   (f"{server.url}/file", f"{server.url}/nothing", "http://127.0.0.1:9/file")),
            tmp_path)
    said = str(caught.value)
    assert "SHA-256" in said
    assert "Not Found" in said
    assert "127.0.0.1:9/file" in said
    assert "use the digits" in caught.value.fix
    assert holds(tmp_path) == []


def test_without_tqdm_there_is_no_bar(server, tmp_path, monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert get(remote(server), tmp_path).read_bytes() == CONTENT


def test_the_cache_has_a_place_that_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("LEARNGRAD_DATA", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("LEARNGRAD_DATA")
    assert cache_folder().name == "learngrad"


# ---- Images --------------------------------------------------------------------------------------


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(head + array.tobytes())


PICTURES = np.random.default_rng(1).integers(0, 256, (5, 28, 28), dtype=np.uint8)
LABELS = np.array([3, 1, 4, 1, 9], np.uint8)


@pytest.fixture(params=[MNIST, FashionMNIST])
def small(request, server, monkeypatch):
    """A data set of this kind, whose files are ours."""
    kind, files = request.param, {"images-idx3": PICTURES, "labels-idx1": LABELS}
    facts = {}
    for part, count in (("train", 5), ("t10k", 2)):
        for what, array in files.items():
            name, content = f"{part}-{what}-ubyte.gz", idx(array[:count])
            server.files[f"/{name}"] = content
            facts[name] = len(content), hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(kind, "resources", facts)
    monkeypatch.setattr(kind, "mirrors", (f"{server.url}/absent/", f"{server.url}/"))
    return kind


def test_images_come_by_download_and_then_from_the_cache(small, server, tmp_path):
    with pytest.raises(DownloadError, match=f"{small.__name__} is not in") as caught:
        small(tmp_path)
    assert "download=True" in caught.value.fix
    assert "learngrad.data.digits()" in caught.value.fix
    assert server.asked == []
    dataset = small(tmp_path, download=True)
    asked = len(server.asked)
    dataset = small(str(tmp_path), True, lambda image: image * 2, lambda label: -label)
    assert len(server.asked) == asked
    assert len(dataset) == 5
    assert dataset.data.numpy().tolist() == PICTURES.tolist()
    assert dataset.targets.tolist() == LABELS.tolist()
    image, label = dataset[2]
    assert (image.dtype, tuple(image.shape), label) == (learngrad.float32, (1, 28, 28), -4)
    np.testing.assert_allclose(image.numpy()[0], PICTURES[2] / 255 * 2, rtol=1e-6)
    assert len(small(tmp_path, train=False, download=True)) == 2
    x, y = next(iter(DataLoader(dataset, 3)))
    assert (tuple(x.shape), tuple(y.shape)) == ((3, 1, 28, 28), (3,))
    assert (tmp_path / small.__name__ / "raw").is_dir()


@pytest.mark.parametrize(("content", "said"), [
    (b"no gzip at all", "Not a gzipped file"), (b"", "does not begin"),
    (idx(PICTURES)[:200], "ended before|does not"),
    (gzip.compress(b"\0\0\x0d\x01\0\0\0\1\0\0\0\0"), "does not begin as an IDX file"),
    (gzip.compress(b"\0\0\x08\x01\0\0\0\5\0\0"), r"holds \[5\], and does not"),
    (gzip.compress(b"\0\0\x08\x01\0\0\0\1\0\0"), r"holds \[1\], and does not"),
    (gzip.compress(b"\0\0\x08\x03" + b"\xff" * 20), r"holds \[4294967295, "),
    (gzip.compress(bytes(12))[:-9] + b"\1" * 9, "damaged")])
def test_a_damaged_idx_file_is_refused(content, said, tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    with pytest.raises(DownloadError, match=said) as caught:
        images.read_idx(path)
    assert "file.gz is damaged" in str(caught.value)


def test_images_without_their_classes_are_refused(small, tmp_path):
    folder = tmp_path / small.__name__ / "raw"
    folder.mkdir(parents=True)
    for name, (size, _) in small.resources.items():
        fewer = idx(LABELS[:4] if "labels" in name else PICTURES)
        (folder / name).write_bytes(fewer)
        small.resources[name] = len(fewer), size
    with pytest.raises(DownloadError, match="do not belong together"):
        small(tmp_path)


def archive(folder, files):
    """A CIFAR-10 archive of few images; gives the data set's class for it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    content = packed.getvalue()
    folder.mkdir(exist_ok=True)
    (folder / "cifar.tar.gz").write_bytes(content)

    class Small(CIFAR10):
        archive = Remote("cifar.tar.gz", len(content), hashlib.sha256(content).hexdigest(), ())
        in_a_file = 2

    return Small


def rows(label, value):
    return bytes([label]) + bytes([value]) * 1024 + bytes(1024) + b"\xff" * 1024


def test_photographs_are_read_from_the_binary_archive(tmp_path):
    files = {f"cifar-10-batches-bin/data_batch_{i}.bin": rows(i, 10 * i) + rows(0, 1)
             for i in range(1, 6)}
    files |= {"cifar-10-batches-bin/test_batch.bin": rows(7, 9) * 2, "../evil": b"never unpacked"}
    kind = archive(tmp_path, files)
    train, test = kind(tmp_path), kind(tmp_path, train=False)
    assert (len(train), len(test)) == (10, 2)
    assert tuple(train.data.shape) == (10, 3, 32, 32)
    assert train.targets.tolist() == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0]
    image, label = train[2]
    assert (tuple(image.shape), label) == ((3, 32, 32), 2)
    assert image[:, 0, 0].tolist() == pytest.approx([20 / 255, 0, 1])
    assert test.targets.tolist() == [7, 7]
    assert holds(tmp_path) == ["cifar.tar.gz"]
    assert not (tmp_path.parent / "evil").exists()


@pytest.mark.parametrize(("name", "content", "said"), [
    ("test_batch.bin", rows(1, 1), "has 3073 bytes, and not 6146"),
    ("other.bin", rows(1, 1) * 2, "test_batch.bin is not in it"),
    ("test_batch.bin", rows(200, 1) * 2, "do not belong together")])
def test_a_damaged_archive_is_refused(name, content, said, tmp_path):
    kind = archive(tmp_path, {f"cifar-10-batches-bin/{name}": content})
    with pytest.raises(DownloadError, match=said):
        kind(tmp_path, train=False)


def test_a_cut_archive_is_refused(tmp_path):
    kind = archive(tmp_path, {"cifar-10-batches-bin/test_batch.bin": np.random.default_rng(
        0).bytes(6146)})
    path = tmp_path / "cifar.tar.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:3000])
    kind.archive = kind.archive._replace(size=3000)
    with pytest.raises(DownloadError, match="is damaged"):
        kind(tmp_path, train=False)


def test_every_file_has_mirrors_a_size_and_a_checksum():
    for kind in (MNIST, FashionMNIST):
        assert len(kind.mirrors) > 1
        assert len(kind.resources) == 4
    facts = [*MNIST.resources.values(), *FashionMNIST.resources.values(), CIFAR10.archive[1:3]]
    assert all(size > 4000 and len(bytes.fromhex(sha)) == 32 for size, sha in facts)
    assert len({sha for _, sha in facts}) == 9
    assert all(url.endswith(Path(CIFAR10.archive.name).name) for url in CIFAR10.archive.urls)
