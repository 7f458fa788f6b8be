"""Both engines do every task once, also where workers die."""

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from colorcore import Palette
from colorfiles.storage import Storage
from dataprep.engines.local import LocalEngine
from dataprep.engines.ray import RayEngine
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.views import ViewSettings
from dataprep.shards.writing import ShardSettings, write_shards

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
SETTINGS = ShardSettings(ViewSettings(size=64), shard_samples=10)


# Workers import what they run, so it lies in a module that they can find.
_TASKS = """
import os
import signal
from dataprep.errors import DataprepError

def square(number):
    return number * number

def fail_at_three(number):
    if number == 3:
        raise DataprepError("three is out of order")
    return number

def die_once(folder, number):
    try:
        (folder / str(number)).touch(exist_ok=False)
    except FileExistsError:
        return number
    if number % 4 == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number

def die(number):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "engine_tasks.py").write_text(_TASKS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", str(folder))
        yield importlib.import_module("engine_tasks")


@pytest.fixture(scope="module")
def cluster(tasks: Any) -> Iterator[Any]:
    """Two nodes of one core each, the second to be killed; connected."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_done_once_and_comes_with_its_result(workers: int, tasks: Any) -> None:
    done = dict(LocalEngine(workers).run(tasks.square, range(20)))
    assert done == {number: number * number for number in range(20)}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_task_raises_is_raised_here(workers: int, tasks: Any) -> None:
    with pytest.raises(DataprepError, match="three is out of order"):
        list(LocalEngine(workers).run(tasks.fail_at_three, range(6)))


def test_tasks_of_killed_workers_are_done_again(tmp_path: Path, tasks: Any) -> None:
    results = list(LocalEngine(2).run(partial(tasks.die_once, tmp_path), range(8)))
    assert sorted(results) == [(number, number) for number in range(8)]


def test_workers_that_die_every_time_are_one_clear_error(tasks: Any) -> None:
    with pytest.raises(DataprepError, match="worker processes died 3 times"):
        list(LocalEngine(2).run(tasks.die, range(2)))


def test_a_cluster_that_is_not_there_is_one_clear_error(tasks: Any) -> None:
    pytest.importorskip("ray")
    with pytest.raises(DataprepError, match=r"ray: no cluster at 127\.0\.0\.1:1"):
        list(RayEngine("127.0.0.1:1").run(tasks.square, [1]))


def test_a_cluster_that_loses_a_node_midway_writes_the_bytes_of_the_local_engine(
    cluster: Any, photo_folder: Path, small_palette: Palette, tmp_path: Path
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

    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    killed = []

    def kill_a_node(advance: int = 1, *, note: str | None = None) -> None:
        if not killed:
            cluster.remove_node(second, allow_graceful=False)
            killed.append(second)

    local = write(tmp_path / "local", LocalEngine(1), lambda *_, **__: None)
    ray = write(tmp_path / "ray", RayEngine(cluster.address), kill_a_node)
    assert killed
    assert ray == local


def test_what_a_task_raises_on_ray_is_raised_here_as_it_was(cluster: Any, tasks: Any) -> None:
    with pytest.raises(DataprepError, match=r"^three is out of order$"):
        list(RayEngine(cluster.address).run(tasks.fail_at_three, range(4)))
