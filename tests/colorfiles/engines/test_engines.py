"""Both engines do every task once, also where workers die."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from colorfiles.engines.local import LocalEngine
from colorfiles.engines.ray import RayEngine
from colorfiles.errors import ColorfilesError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


# Workers import what they run, so it lies in a module that they can find.
_TASKS = """
import os
import signal
from colorfiles.errors import ColorfilesError

def square(number):
    return number * number

def fail_at_three(number):
    if number == 3:
        raise ColorfilesError("three is out of order")
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
        patch.setenv("PYTHONPATH", os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", ""))))
        yield importlib.import_module("engine_tasks")


@pytest.fixture(scope="module")
def cluster(tasks: Any, request: pytest.FixtureRequest) -> Any:
    """Begun after the tasks are where its processes look for modules."""
    return request.getfixturevalue("ray_cluster")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_done_once_and_comes_with_its_result(workers: int, tasks: Any) -> None:
    done = dict(LocalEngine(workers).run(tasks.square, range(20)))
    assert done == {number: number * number for number in range(20)}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_task_raises_is_raised_here(workers: int, tasks: Any) -> None:
    with pytest.raises(ColorfilesError, match="three is out of order"):
        list(LocalEngine(workers).run(tasks.fail_at_three, range(6)))


def test_tasks_of_killed_workers_are_done_again(tmp_path: Path, tasks: Any) -> None:
    results = list(LocalEngine(2).run(partial(tasks.die_once, tmp_path), range(8)))
    assert sorted(results) == [(number, number) for number in range(8)]


def test_workers_that_die_every_time_are_one_clear_error(tasks: Any) -> None:
    with pytest.raises(ColorfilesError, match="worker processes died 3 times"):
        list(LocalEngine(2).run(tasks.die, range(2)))


_INTERRUPTED = """
import os, signal, threading, time
from multiprocessing import util
import engine_tasks as tasks
from colorfiles.engines.local import LocalEngine

start_process = util.spawnv_passfds

def start_process_then_ctrl_c(*words):
    process = start_process(*words)
    if "spawn_main" in str(words):  # a worker
        os.killpg(0, signal.SIGINT)  # as a terminal does: to the workers as well
        time.sleep(0.1)
    return process

if __name__ == "__main__":
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()  # as libraries do: it may
    util.spawnv_passfds = start_process_then_ctrl_c  # take the signal, whatever the main one masks
    try:
        list(LocalEngine(2).run(tasks.square, range(10)))
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_ctrl_c_before_a_worker_knows_what_it_is_for_is_answered_once(
    tmp_path: Path, tasks: Any
) -> None:
    script = tmp_path / "script.py"
    script.write_text(_INTERRUPTED)
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_a_cluster_that_is_not_there_is_one_clear_error(tasks: Any) -> None:
    pytest.importorskip("ray")
    with pytest.raises(ColorfilesError, match=r"ray: no cluster at 127\.0\.0\.1:1"):
        list(RayEngine("127.0.0.1:1").run(tasks.square, [1]))


def test_what_a_task_raises_on_ray_is_raised_here_as_it_was(cluster: Any, tasks: Any) -> None:
    with pytest.raises(ColorfilesError, match=r"^three is out of order$"):
        list(RayEngine(cluster.address).run(tasks.fail_at_three, range(4)))
