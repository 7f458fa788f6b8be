"""Fixtures that several rooms of the tests share."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

# Real colour photographs that the scikit-image and scikit-learn wheels ship.
_SKIMAGE = ("astronaut.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "rocket.jpg")
_SKLEARN = ("china.jpg", "flower.jpg")


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
