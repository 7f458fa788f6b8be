"""Shards written on a Ray cluster are those of one machine, whatever the cluster loses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from colorcore import Palette
from colorfiles.engines.local import LocalEngine
from colorfiles.engines.ray import RayEngine
from colorfiles.storage import Storage
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.views import ViewSettings
from dataprep.shards.writing import ShardSettings, write_shards

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
SETTINGS = ShardSettings(ViewSettings(size=64), shard_samples=10)


def test_a_cluster_that_loses_a_node_midway_writes_the_bytes_of_the_local_engine(
    ray_cluster: Any, photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    rows = PhotoFolder(photo_folder).kept()

    def write(out: Path, engine: Any, report: Callable[..., None]) -> dict[str, bytes]:
        write_shards(
            rows,
            Storage(str(photo_folder)),
            Storage(str(out)),
            palette=small_palette,
            settings=SETTINGS,
            engine=engine,
            report=report,
        )
        return {path.name: path.read_bytes() for path in sorted(out.iterdir())}

    second = ray_cluster.add_node(num_cpus=1)
    ray_cluster.wait_for_nodes()
    killed = []

    def kill_a_node(advance: int = 1, *, note: str | None = None) -> None:
        if not killed:
            ray_cluster.remove_node(second, allow_graceful=False)
            killed.append(second)

    local = write(tmp_path / "local", LocalEngine(1), lambda *_, **__: None)
    ray = write(tmp_path / "ray", RayEngine(ray_cluster.address), kill_a_node)
    assert killed
    assert ray == local
