"""Fixtures that several rooms of the tests share: photographs, tiny shard sets, an S3 server."""

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zstandard
from hypothesis import HealthCheck, settings
from PIL import Image

from colorcore import (
    Palette,
    UvHistogram,
    kmeans_palette,
    rgb_to_yuv,
    uv_of_uint8,
    uv_to_bins,
)
from colorunet.networks.efficientnet import EfficientNetLite0Classifier, InvertedBottleneck

# One thread here and in the processes that tests start: two of them fighting over cores that other
# work needs too take ten times as long.
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)
# Lines of progress come by the clock; what stderr has to say else is asserted.
os.environ["COLORUNET_NO_PROGRESS"] = "1"

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process that a
# test starts would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes is no property of what is tested.
settings.register_profile("any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any pace")

# Real colour photographs that the scikit-image and scikit-learn wheels ship.
_SKIMAGE = ("astronaut.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "rocket.jpg")
_SKLEARN = ("china.jpg", "flower.jpg")
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


# What a fixture needs, as a mark of the tests that ask for it.
_MARKED_BY = {"chromium": "browser", "ray_cluster": "ray", "s3": "slow", "workshop": "slow"}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by fixture and folder, group what can't run twice at once, put slow files first."""
    for item in items:
        for fixture, mark in _MARKED_BY.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
        if "faults" in item.path.parts:
            item.add_marker("faults")
        for name in ("ray", "browser"):
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.xdist_group(name))
    late = ("slow", "faults", "browser", "ray")
    slow = {item.path for item in items if any(map(item.get_closest_marker, late))}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files stay whole, for the sake of what their tests share; a group is stronger than a file."""
    from xdist.scheduler import LoadGroupScheduling

    class ByFile(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            group = super()._split_scope(nodeid)
            return group.partition("::")[0] if group == nodeid else group

    return ByFile(config, log) if config.getvalue("dist") == "loadgroup" else None


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None, f"{name} is part of the demo extra"
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="session")
def demo_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real colour photographs, in two sub-folders."""
    root = tmp_path_factory.mktemp("demo-photos")
    for package, folder, names in (
        ("skimage", "data", _SKIMAGE),
        ("sklearn", "datasets/images", _SKLEARN),
    ):
        (root / package).mkdir()
        for name in names:
            source = _package_folder(package) / folder / name
            if source.exists():
                (root / package / name).write_bytes(source.read_bytes())
    assert sum(1 for _ in root.rglob("*.*")) >= 6
    return root


@pytest.fixture(scope="session")
def chromium_program() -> str:
    """The path of a real Chromium; where there is none, a skip, but never in CI."""
    program = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if program is None:
        _lacks("chromium", "chromium")
    return str(program)


@pytest.fixture(scope="module")  # no longer: until it ends, no other event loop can run
def chromium(chromium_program: str) -> Iterator[Any]:
    """A real Chromium, as playwright's Browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium_program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def exiftool() -> Callable[..., dict[str, Any]]:
    """What exiftool reads in a file, by group and tag; where it is missing as for Chromium."""
    program = shutil.which("exiftool")
    if program is None:
        _lacks("exiftool", "libimage-exiftool-perl")

    def tags(path: Path, *options: str) -> dict[str, Any]:
        command = [str(program), "-json", "-G1", "-struct", "-a", *options, str(path)]
        done = subprocess.run(command, capture_output=True, check=True, timeout=120)
        read: dict[str, Any] = json.loads(done.stdout)[0]
        return read

    return tags


def _lacks(program: str, package: str) -> None:
    """Skip the test for want of a program; in CI fail it."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"no {program} here: apt-get install {package}")
    pytest.skip(f"no {program} here: apt-get install {package}")


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[Any]:
    """A Ray cluster on this machine: one node of two cores."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an empty bucket behind a real S3-speaking server on loopback."""
    import s3fs
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().mkdir(f"bucket-{port}")  # servers of one process share their store
        yield f"s3://bucket-{port}"
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


Members = list[tuple[str, bytes]]


def _encoded(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def sample_members(key: str, rgb: np.ndarray, palette: Palette) -> Members:
    """The three members of one sample."""
    yuv = rgb_to_yuv(rgb / 255.0)
    bins = uv_to_bins(yuv[..., 1:], palette).astype(np.uint8)
    luma = np.round(yuv[..., 0] * 255).astype(np.uint8)
    return [
        (f"{key}.y.jpg", _encoded(Image.fromarray(luma))),
        (f"{key}.bins.zst", zstandard.ZstdCompressor().compress(bins.tobytes())),
        (f"{key}.rgb.jpg", _encoded(Image.fromarray(rgb), subsampling=0)),
    ]


def write_tar(path: Path, members: Members) -> None:
    """A plain ustar archive."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o444
            tar.addfile(info, io.BytesIO(data))


def write_shard_set(
    folder: Path, palette: Palette, splits: dict[str, Sequence[Members]], size: int
) -> Path:
    """A shard set: for each split its shards, each the members of its samples in order."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = []
    for split, tars in splits.items():
        for number, members in enumerate(tars):
            name = f"{split}-{number:06d}.tar"
            write_tar(folder / name, members)
            data = (folder / name).read_bytes()
            count = sum(member.endswith(".bins.zst") for member, _ in members)
            shards.append(
                {
                    "url": name,
                    "file": name,
                    "split": split,
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "nsamples": count,
                    "filesize": len(data),
                    "bytes": len(data),
                }
            )
    index = {
        "__kind__": "wids-shard-index-v1",
        "wids_version": 1,
        "schema_version": 1,
        "palette": palette.to_dict(),
        "views": {"size": size},
        "shardlist": shards,
    }
    (folder / "index.json").write_text(json.dumps(index))
    return folder


@pytest.fixture(scope="session")
def crops(demo_photos: Path) -> Callable[[int, int], list[np.ndarray]]:
    """Returns ``count`` square crops of real photographs, ``size`` pixels each way."""
    images = [Image.open(path).convert("RGB") for path in sorted(demo_photos.rglob("*.*"))]

    def cut(count: int, size: int) -> list[np.ndarray]:
        out = []
        for number in range(count):
            image = images[number % len(images)]
            edge = min(image.size)
            turn = number // len(images)
            left = (image.width - edge) * (turn % 3) // 2
            top = (image.height - edge) * (turn % 3) // 2
            inset = edge * (turn % 7) // 20
            box = (left + inset, top + inset, left + edge, top + edge)
            out.append(np.asarray(image.crop(box).resize((size, size), Image.Resampling.BOX)))
        return out

    return cut


@pytest.fixture(scope="session")
def small_palette(crops: Callable[[int, int], list[np.ndarray]]) -> Palette:
    """Twelve k-means bins of the demo photographs."""
    histogram = UvHistogram.empty()
    for rgb in crops(7, 64):
        histogram = histogram.add(uv_of_uint8(rgb))
    return kmeans_palette(histogram, 12)


@pytest.fixture(scope="session")
def make_shards(
    crops: Callable[[int, int], list[np.ndarray]], small_palette: Palette
) -> Callable[..., Path]:
    """Returns a function that writes a shard set of real crops."""

    def make(
        folder: Path,
        *,
        train: Sequence[int] = (3, 3),
        val: Sequence[int] = (2,),
        size: int = 32,
        palette: Palette = small_palette,
    ) -> Path:
        images = iter(crops(sum(train) + sum(val), size))
        splits = {
            split: [
                [
                    member
                    for number in range(count)
                    for member in sample_members(
                        f"demo-{split}{shard}x{number}-v0", next(images), palette
                    )
                ]
                for shard, count in enumerate(counts)
            ]
            for split, counts in (("train", train), ("val", val))
            if counts
        }
        return write_shard_set(folder, palette, splits, size)

    return make


@pytest.fixture(scope="session")
def published_like() -> Callable[[EfficientNetLite0Classifier], dict[str, torch.Tensor]]:
    """What draws tensors at random, named as the published file of the encoder names them."""
    return _published_like


def _published_like(network: EfficientNetLite0Classifier) -> dict[str, torch.Tensor]:
    """Return what ``load_published`` of such a network takes: convolutions and batch norms."""
    torch.manual_seed(4)
    tensors: dict[str, torch.Tensor] = {}

    def add(conv: torch.nn.Conv2d, name: str, norm: str) -> None:
        weight = torch.empty_like(conv.weight)
        tensors[f"{name}.weight"] = torch.nn.init.kaiming_normal_(weight, nonlinearity="relu")
        channels = conv.out_channels
        tensors[f"{norm}.weight"] = 0.5 + torch.rand(channels)
        tensors[f"{norm}.bias"] = 0.1 * torch.randn(channels)
        tensors[f"{norm}.running_mean"] = 0.1 * torch.randn(channels)
        tensors[f"{norm}.running_var"] = 0.5 + torch.rand(channels)

    add(network.encoder.stem, "_conv_stem", "_bn0")
    blocks = [m for m in network.encoder.stages.modules() if isinstance(m, InvertedBottleneck)]
    for number, block in enumerate(blocks):
        at = f"_blocks.{number}."
        if block.expand is not None:
            add(block.expand, f"{at}_expand_conv", f"{at}_bn0")
        add(block.depthwise, f"{at}_depthwise_conv", f"{at}_bn1")
        add(block.project, f"{at}_project_conv", f"{at}_bn2")
    add(network.head, "_conv_head", "_bn1")
    tensors["_fc.weight"] = torch.randn_like(network.classes.weight) / 20
    tensors["_fc.bias"] = torch.zeros_like(network.classes.bias)
    return tensors
