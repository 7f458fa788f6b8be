"""Whether a file is whole, as a reader beside sees it; and what two folders have in common."""

import contextlib
import hashlib
import io
import json
import tarfile
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from PIL import Image
from safetensors.numpy import load as load_tensors

# What differs between two undisturbed runs: times, and the rates that come of them.
_TIMES = {"fetched_at", "license_read_at", "elapsed_s", "images_per_s", "seconds"}


def require_whole(path: Path) -> None:
    """Raise an error unless the file can be read to its end by what reads such files."""
    data = path.read_bytes()
    _READERS.get(path.suffix, _any_bytes)(data)


def content_of(folder: Path) -> dict[str, str]:
    """Return a digest of each file below a folder, hidden ones too, times left out."""
    return {
        path.relative_to(folder).as_posix(): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Reader(threading.Thread):
    """Reads what is in a folder again and again, as somebody would who can't wait.

    ``glances`` counts the files read, ``faults`` names those that weren't whole.
    """

    def __init__(self, folder: Path, *, pause_s: float = 0.02) -> None:
        super().__init__(daemon=True)
        self.glances = 0
        self.faults: list[str] = []
        self._folder = folder
        self._pause_s = pause_s
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        """Look until ``stop`` is called."""
        while not self._ended.wait(self._pause_s):
            self._look()

    def stop(self) -> None:
        """Look a last time and end."""
        self._ended.set()
        self.join()
        self._look()

    def _look(self) -> None:
        for path in sorted(self._folder.rglob("*")):
            if any(part.startswith(".") for part in path.relative_to(self._folder).parts):
                continue
            with contextlib.suppress(FileNotFoundError):
                told = path.stat()
                state = (told.st_ino, told.st_size, told.st_mtime_ns)
                if path.is_file() and self._seen.get(path) != state:
                    self._seen[path] = state
                    self._read(path)

    def _read(self, path: Path) -> None:
        self.glances += 1
        try:
            require_whole(path)
        except FileNotFoundError:
            raise
        except Exception as error:  # whatever a reader raises
            self.faults.append(f"{path.name}: {type(error).__name__}: {error}"[:200])


def _any_bytes(data: bytes) -> None:
    if not data:
        raise ValueError("empty")


def _json(data: bytes) -> None:
    json.loads(data)


def _lines(data: bytes) -> None:
    for line in data.split(b"\n")[:-1]:  # the last one may be under way: it is appended to
        json.loads(line)


def _image(data: bytes) -> None:
    Image.open(io.BytesIO(data)).load()


def _tar(data: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.getmembers()
    if data[-1024:].strip(b"\0"):
        raise ValueError("no end of archive")


def _page(data: bytes) -> None:
    if not data.endswith(b"</html>\n"):
        raise ValueError("no end of page")


def _toml(data: bytes) -> None:
    tomllib.loads(data.decode())


def _film(data: bytes) -> None:
    import av

    with av.open(io.BytesIO(data)) as file:
        promised = file.streams.video[0].frames
        if sum(1 for _ in file.decode(video=0)) != promised:
            raise ValueError("not as many frames as it promises")


def _network(data: bytes) -> None:
    import onnx

    if not onnx.load_from_string(data).graph.node:
        raise ValueError("no network")


def _table(data: bytes) -> None:
    pq.read_table(io.BytesIO(data))


_READERS: dict[str, Callable[[bytes], Any]] = {
    ".json": _json,
    ".jsonl": _lines,
    ".parquet": _table,
    ".tar": _tar,
    ".safetensors": load_tensors,
    ".html": _page,
    ".toml": _toml,
    ".png": _image,
    ".jpg": _image,
    ".mp4": _film,
    ".onnx": _network,
}


def _digest(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".parquet":
        rows = pq.read_table(io.BytesIO(data)).to_pylist()
        return _hashed(sorted(json.dumps(_timeless(row), default=str) for row in rows))
    if path.suffix == ".json":
        return _hashed(_timeless(json.loads(data)))
    if path.suffix == ".jsonl":
        return _hashed([_timeless(json.loads(line)) for line in data.splitlines()])
    if path.suffix == ".safetensors":
        tensors = load_tensors(data)
        return _hashed(
            {name: hashlib.sha256(t.tobytes()).hexdigest() for name, t in tensors.items()}
        )
    if path.suffix in (".html", ".sqlite3"):
        return path.suffix  # a page, a fetch's journal: with times in them
    return hashlib.sha256(data).hexdigest()


def _hashed(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _timeless(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _timeless(value) for key, value in content.items() if key not in _TIMES}
    if isinstance(content, list):
        return [_timeless(value) for value in content]
    return content
