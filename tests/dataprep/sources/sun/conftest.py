"""SUN trees in the real layout, of real photographs, and archives of them."""

import io
import random
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageOps

CLASSES = ("beach", "ocean", "church/outdoor", "abbey", "kitchen")
MakeTree = Callable[..., Path]


def sun_name(rng: random.Random) -> str:
    return "sun_" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=16)) + ".jpg"


def encode(image: Image.Image, format_name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def crops(demo_photos: Path) -> Callable[[random.Random], Image.Image]:
    """Draws a colourful crop, never the same twice, out of real photographs."""
    names = ("chelsea.png", "coffee.png", "china.jpg", "flower.jpg")
    photos = [
        Image.open(path).convert("RGB") for path in sorted(demo_photos.rglob("*.*"))
        if path.name in names
    ]  # fmt: skip
    assert len(photos) == len(names)

    def crop(rng: random.Random) -> Image.Image:
        photo = rng.choice(photos)
        width, height = rng.randint(90, 140), rng.randint(80, 110)
        left = rng.randint(0, photo.width - width)
        top = rng.randint(0, photo.height - height)
        return photo.crop((left, top, left + width, top + height))

    return crop


def sepia(image: Image.Image) -> Image.Image:
    return ImageOps.colorize(image.convert("L"), (10, 5, 0), (255, 240, 205), (130, 98, 66))


@pytest.fixture(scope="session")
def make_tree(crops: Callable[[random.Random], Image.Image]) -> MakeTree:
    """Writes a SUN397 folder of real photographs; every third class has odd files too."""

    def make(
        root: Path, classes: Sequence[str] = CLASSES, per_class: int = 9, seed: int = 1
    ) -> Path:
        rng = random.Random(seed)
        top = root / "SUN397"
        for name in classes:
            folder = top / name[0] / name
            folder.mkdir(parents=True)
            for number in range(per_class):
                format_name = {0: "BMP", 1: "PNG", 2: "GIF"}.get(number, "JPEG")
                (folder / sun_name(rng)).write_bytes(encode(crops(rng), format_name))
            for odd in (
                encode(crops(rng).convert("L").convert("RGB"), "JPEG"),
                encode(crops(rng).convert("L"), "PNG"),
                encode(crops(rng).resize((50, 40)), "JPEG"),
                encode(crops(rng), "JPEG")[:900],
                b"not an image",
                b"",
                encode(sepia(crops(rng)).resize((450, 360)), "JPEG"),
            ):
                (folder / sun_name(rng)).write_bytes(odd)
            twin = next(folder.iterdir()).read_bytes()
            (folder / sun_name(rng)).write_bytes(twin)
        lines = "".join(f"/{name[0]}/{name}\n" for name in classes)
        (top / "ClassName.txt").write_text(lines)
        return top

    return make


@pytest.fixture(scope="session")
def sun_tree(tmp_path_factory: pytest.TempPathFactory, make_tree: MakeTree) -> Path:
    """The tree that most tests draw from; it isn't to be changed."""
    return make_tree(tmp_path_factory.mktemp("sun"))


def pack(tree: Path, target: Path, *, shuffle: int | None = None, prefix: str = "SUN397") -> Path:
    """Write a tar or tar.gz of a tree, its members in a shuffled order where a seed is given."""
    paths = sorted(path for path in tree.rglob("*") if path.is_file())
    if shuffle is not None:
        random.Random(shuffle).shuffle(paths)
    mode = "w:gz" if target.name.endswith("gz") else "w"
    with tarfile.open(target, mode) as archive:
        for path in paths:
            archive.add(path, f"{prefix}/{path.relative_to(tree).as_posix()}")
    return target


@pytest.fixture(scope="session")
def pack_tree() -> Callable[..., Path]:
    return pack


@pytest.fixture(scope="session")
def sun_tar(tmp_path_factory: pytest.TempPathFactory, sun_tree: Path) -> Path:
    return pack(sun_tree, tmp_path_factory.mktemp("tar") / "SUN397.tar", shuffle=3)


@pytest.fixture(scope="session")
def sun_targz(tmp_path_factory: pytest.TempPathFactory, sun_tree: Path) -> Path:
    return pack(sun_tree, tmp_path_factory.mktemp("targz") / "SUN397.tar.gz", shuffle=4)
