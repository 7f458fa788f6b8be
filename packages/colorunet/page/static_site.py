"""The page as a static site that colours photos in the browser."""

import hashlib
import json
import lzma
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from colorcore import rgb_to_yuv, yuv_to_rgb
from colorfiles.files import write_atomically
from colorfiles.outputs import refuse_foreign
from colorfiles.outside.documents import SMALL
from colorfiles.outside.files import read_regular
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.dials import sliders
from colorunet.coloring.onnx_network import read_onnx_about
from colorunet.coloring.steering.hints import MOST_HINTS
from colorunet.coloring.working_size import (
    LONGEST_WORKING_PX,
    SHORTEST_WORKING_PX,
    WORKING_EDGE_PX,
)
from colorunet.errors import ColorunetError
from colorunet.evidence.mark import Mark
from colorunet.evidence.network_mark import mark_of_network
from colorunet.evidence.record import Coloring, record_content
from colorunet.evidence.xmp import with_mark
from colorunet.parameters.meta import palette_of, read_meta
from colorunet.parameters.shipped import ONNX_FILE

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
_FOLDER_WORDS = '<script src="static/from_folder.js"></script>'
_WORKER = "sw.js"
_DAY = "0000-00-00"  # replaced by the day of each download
_RUNTIME = {"script": "ort.wasm.bundle.min.mjs", "wasm": "ort-wasm-simd-threaded.wasm"}
_WEBGPU = {
    "script": "ort.webgpu.bundle.min.mjs",
    "wasm": "ort-wasm-simd-threaded.asyncify.wasm",
}
_LIMITS = {"upload_bytes": 100 << 20, "pixels": 50_000_000, "hints": MOST_HINTS}
_WORDS = {
    "formats": "JPEG, PNG, WebP, GIF and what else this browser shows",
    "file": "as JPEG or PNG",
    "privacy": "Photos are coloured on this machine, by this page, and never leave it.",
}


@dataclass(frozen=True)
class StaticSite:
    """The site that was written."""

    folder: str
    files: int
    bytes: int
    network: str


def write_site(
    run: Path, network: str, folder: Path, *, overwrite: bool = False, webgpu: bool = False
) -> StaticSite:
    """Write the page and a network into a folder for any static host.

    Args:
        run: the folder of the network; it must hold a ``network.onnx``.
        network: its name.
        folder: to write.
        overwrite: replace files of a site that is there.
        webgpu: add the runtime for graphics cards, which browsers with WebGPU then load instead.

    Raises:
        ForeignFile: a file that isn't of a site lies in the place of one that would be written.
        ColorunetError: there is no ONNX file, or the folder isn't empty.
    """
    if not (run / ONNX_FILE).is_file():
        raise ColorunetError(f"{run}: no {ONNX_FILE}; write it first: colorunet export {run}")
    contents = list(_contents(run, network, webgpu=webgpu))
    is_site = _is_site(folder / contents[0][0])
    places = (folder / path for path in (*(path for path, _ in contents), _WORKER))
    refuse_foreign(*places, is_own=lambda _: is_site)
    if folder.exists() and any(folder.iterdir()) and not overwrite:
        raise ColorunetError(f"{folder}: not empty; --overwrite replaces a page that is there")
    written = []
    for path, data in contents:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(target) as temporary:
            temporary.write_bytes(data)
        written.append((path, data))
    worker = _worker(written)
    with write_atomically(folder / _WORKER) as temporary:
        temporary.write_bytes(worker)
    size = sum(len(data) for _, data in written) + len(worker)
    return StaticSite(str(folder), len(written) + 1, size, network)


def _is_site(index: Path) -> bool:
    """Whether a page belongs to a site written by this command."""
    try:
        page = read_regular(index, most=SMALL)
    except (OSError, ValueError):
        return False
    return b"<title>ColorUnet</title>" in page and _FOLDER_WORDS.encode() in page


def _contents(run: Path, network: str, *, webgpu: bool) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every file but the service worker."""
    onnx = read_onnx_about(run / ONNX_FILE)
    html = (_HERE / "static" / "index.html").read_text(encoding="utf-8")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    html = html.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n  {policy}', 1)
    yield "index.html", html.replace("</body>", f"{_FOLDER_WORDS}\n</body>", 1).encode()
    for path in sorted((_HERE / "static").iterdir()):
        if path.name not in ("index.html", "api.js"):
            yield f"static/{path.name}", path.read_bytes()
    for path in sorted((_HERE / "browser").iterdir()):
        if path.name in ("api.js", "from_folder.js"):
            yield f"static/{path.name}", path.read_bytes()
        elif path.name != "sw.js":
            yield f"static/engine/{path.name}", path.read_bytes()
    for name in (*_RUNTIME.values(), *(_WEBGPU.values() if webgpu else ())):
        yield f"runtime/{name}", lzma.decompress((_HERE / "runtime" / f"{name}.xz").read_bytes())
    yield "runtime/LICENSE.txt", (_HERE / "runtime" / "LICENSE.txt").read_bytes()
    yield f"network/{ONNX_FILE}", (run / ONNX_FILE).read_bytes()
    if "parameters" in onnx:
        name = str(onnx["parameters"])
        yield f"network/{name}", (run / name).read_bytes()
    about = _about(run, network, onnx) | {"webgpu": _WEBGPU if webgpu else None}
    yield "network/network.json", json.dumps(about).encode()


def _about(run: Path, network: str, onnx: Any) -> dict[str, Any]:
    """Return the network's settings and tables for the page."""
    meta = read_meta(run, "best")
    palette, decoding, averaging = (
        palette_of(meta, run),
        Decoding.of_run(meta),
        Averaging.of_run(meta),
    )
    own = {name: getattr(decoding, name) for name in ("saturation", "caution", "temperature")}
    described = {
        "name": Path(network).name,
        "about": "",
        "palette": palette.centers.tolist(),
        "dials": sliders(own),
    }
    mark = mark_of_network(run, network)
    xmp = with_mark(b"", Mark(mark.version, mark.network, mark.network_sha256, _DAY))
    return {
        "facts": {
            "networks": [described],
            "limits": _LIMITS | {"zip_photos": 100},
            "versions": 0,
            "words": _WORDS,
        },
        "model": ONNX_FILE,
        "parameters": onnx.get("parameters"),
        "stride": onnx["stride"],
        "logits_stride": onnx["logits_stride"],
        "bins": palette.n,
        "palette": palette.centers.tolist(),
        "decoding": asdict(decoding),
        "averaging": asdict(averaging),
        "edge": WORKING_EDGE_PX,
        "longest": LONGEST_WORKING_PX,
        "shortest": SHORTEST_WORKING_PX,
        "uv_of_rgb": rgb_to_yuv(np.eye(3))[:, 1:].T.tolist(),
        "rgb_of_uv": yuv_to_rgb(np.eye(3)[1:], clip=False).T.tolist(),
        "runtime": _RUNTIME,
        "xmp": xmp.decode(),
        "exif": {"software": mark.agent, "note": mark.note},
        "xmp_day": _DAY,
        "record": _record(mark, palette.fingerprint, decoding, averaging),
    }


def _record(mark: Mark, palette: str, decoding: Decoding, averaging: Averaging) -> dict[str, Any]:
    """Return what the records of all photos share; the page adds the rest."""
    settings = {
        "decoding": asdict(decoding),
        "averaging": asdict(averaging),
        "toning": {},
        "working_edge_px": WORKING_EDGE_PX,
        "seed": 0,
        "version": 0,
        "reference_sha256": "",
    }
    files: dict[str, Any] = {"original": {}, "output": {}}
    record = record_content(files, Coloring(mark, palette, settings), size=(0, 0), lost=())
    return record | {"made_at": ""}  # so that a site changes with its network alone


def _worker(written: list[tuple[str, bytes]]) -> bytes:
    """Return the service worker, whose cache is renewed when a file changes."""
    digest = hashlib.sha256()
    for path, data in written:
        digest.update(path.encode() + b"\0" + hashlib.sha256(data).digest())
    if_used = [f"runtime/{name}" for name in _WEBGPU.values()]
    names = ["./", *(path for path, _ in written if path not in if_used)]
    text = (_HERE / "browser" / "sw.js").read_text(encoding="utf-8")
    text = text.replace("__FILES__", json.dumps(names)).replace("__IF_USED__", json.dumps(if_used))
    return text.replace("__VERSION__", digest.hexdigest()[:16]).encode()
