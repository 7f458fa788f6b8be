"""Fetches the pinned onnxruntime-web from npm into packages/colorunet/page/runtime, compressed.

python tools/page_runtime.py [TARBALL]
"""

import hashlib
import io
import lzma
import sys
import tarfile
import urllib.request
from pathlib import Path

VERSION = "1.30.0"
URL = f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz"
SHA256 = {
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
    # With WebGPU, for `colorunet page --webgpu`.
    "ort.webgpu.bundle.min.mjs": "0730816731ce2cdfb06f273da065d4a1c7091eb9d1756a83b2916c8a89d015e2",
    "ort-wasm-simd-threaded.asyncify.wasm": (
        "39f9f0894d478800487ed9f7dbe92618498db320cf55c8e3d89adff8dce658da"
    ),
}
RUNTIME = Path(__file__).resolve().parent.parent / "packages" / "colorunet" / "page" / "runtime"


def main() -> None:
    """Write the files that `colorunet page` unpacks; other than the pinned versions are refused."""
    data = Path(sys.argv[1]).read_bytes() if sys.argv[1:] else urllib.request.urlopen(URL).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for name, digest in SHA256.items():
            member = archive.extractfile(f"package/dist/{name}")
            assert member is not None
            content = member.read()
            if hashlib.sha256(content).hexdigest() != digest:
                sys.exit(f"{name}: not the file of onnxruntime-web {VERSION} that is pinned here")
            packed = lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
            (RUNTIME / f"{name}.xz").write_bytes(packed)


if __name__ == "__main__":
    main()
