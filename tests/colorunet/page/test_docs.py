"""The commands of docs/page.md do what stands beside them."""

import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

PAGE = Path(__file__).parents[3] / "docs" / "page.md"


def test_the_commands_of_the_docs_work(served: Any, coffee: Path, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl here; on Debian: apt-get install curl")
    shutil.copy(coffee, tmp_path / "photo.jpg")
    script = PAGE.read_text().partition("```sh\n")[2].partition("```")[0]
    assert script.count("curl") >= 11
    script = "set -euo pipefail\n" + script.replace("http://127.0.0.1:8000", served.url)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in ("coloured", "hinted", "file"):
        with Image.open(tmp_path / f"{name}.jpg") as image:
            assert image.size == (600, 400)
    pictures = [(tmp_path / f"{name}.jpg").read_bytes() for name in ("coloured", "hinted", "file")]
    assert len(set(pictures)) == 3
    for name, count in (("versions", 3), ("all", 1)):
        with zipfile.ZipFile(tmp_path / f"{name}.zip") as archive:
            assert sum(name.endswith(".jpg") for name in archive.namelist()) == count
    assert "colorunet_requests_total" in done.stdout
