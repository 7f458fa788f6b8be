"""A node of a Ray cluster is lost while it works: the others do its part, to the same bytes.

For `dataprep shard` there is ``dataprep/shards/test_ray.py``.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from soak_parts.commands import ENVIRONMENT, Workshop
from soak_parts.warm_start import WarmStart
from soak_parts.whole_files import content_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A node of one core; each test adds another and kills it."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    yield made
    made.shutdown()


def _album(shop: Workshop, copies: int) -> Path:
    album = shop.root / f"album-{copies}"
    for number in range(copies):
        for path in sorted(shop.images.rglob("*.jpg")):
            album.mkdir(exist_ok=True)
            (album / f"{number}{path.name}").write_bytes(path.read_bytes())
    return album


def _words(name: str, shop: Workshop) -> list[str]:
    if name == "palette":
        return ["dataprep", "palette", str(shop.shards), "--bins", "4", "--out", "OUT/palette.json"]
    album = _album(shop, 8)  # six tasks
    small = ("--network", "colorunet-listed", "--working-edge", "32")
    return ["colorunet", "colorize", str(album), *small, "--out", "OUT"]


@pytest.mark.parametrize("name", ["palette", "colorize"])
def test_a_node_that_is_lost_changes_nothing(
    name: str, cluster: Any, workshop: tuple[Workshop, WarmStart], tmp_path: Path
) -> None:
    calm, out = tmp_path / "calm", tmp_path / "out"
    words = _words(name, workshop[0])
    for folder, more in ((calm, []), (out, ["--ray-address", cluster.address])):
        folder.mkdir()
        own = [word.replace("OUT", str(folder)) for word in words]
        node = cluster.add_node(num_cpus=1) if more else None
        cluster.wait_for_nodes()
        with subprocess.Popen(
            [sys.executable, "-m", *own, *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | ENVIRONMENT,
        ) as process:
            if node is not None:
                _wait_for_work(process)
                cluster.remove_node(node, allow_graceful=False)
            _, told = process.communicate(timeout=300)
        assert process.returncode == 0, told
    expected = content_of(calm)
    found = content_of(out)
    found.pop("manifest.jsonl", None)  # written on a cluster alone
    assert found == expected


def _wait_for_work(process: "subprocess.Popen[str]") -> None:
    """Wait until Ray has a process that does a task of ours."""
    while process.poll() is None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if path.read_bytes().startswith(b"ray::_call"):
                    return
            except OSError:
                continue
        time.sleep(0.01)
