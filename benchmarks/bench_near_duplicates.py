"""Near-duplicate detection: recall of changed copies, false matches, and cost.

    benchmarks/bench_near_duplicates.py FOLDER… [--photos 2000] [--leak-photos 300]

Of photos drawn by a seed from the folders, copies are made: turned, toned, cropped, both; smaller
and as JPEG of a random quality. It prints for each kind the share that is found by the rule of
`import` (sure copies) and by that of splits and `verify` (look-alikes), the pairs
of different photos found (--list names them: some may be true copies), CPU time a photo, and how
many photos have a changed copy in another split after `dataprep shard`.
"""

import argparse
import io
import random
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from dataprep.photos.copy_prints import copy_print
from dataprep.photos.imaging import perceptual_hash
from dataprep.photos.print_index import LOOK_ALIKE, SURE_COPY, PrintIndex
from dataprep.photos.rows import Photo
from dataprep.photos.splits import SplitRatios, split_photos

Change = Callable[[Image.Image, random.Random], Image.Image]
_T = Image.Transpose


def _cropped(most: float, *, fixed: tuple[float, ...] | None = None) -> Change:
    def change(image: Image.Image, rng: random.Random) -> Image.Image:
        left, top, right, bottom = fixed or [rng.uniform(0, most) for _ in range(4)]
        width, height = image.size
        box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
        return image.crop(tuple(map(round, box)))

    return change


def _toned(curve: Callable[[float], float]) -> Change:
    table = [min(255, round(255 * curve(level / 255))) for level in range(256)]
    return lambda image, _: image.point(table * 3)


def _turned(how: Image.Transpose) -> Change:
    return lambda image, _: image.transpose(how)


def _all_of(*changes: Change) -> Change:
    def change(image: Image.Image, rng: random.Random) -> Image.Image:
        for one in changes:
            image = one(image, rng)
        return image

    return change


KINDS: dict[str, Change] = {
    "smaller, as JPEG": lambda image, _: image,
    "mirrored": _turned(_T.FLIP_LEFT_RIGHT),
    "turned by 90": _turned(_T.ROTATE_90),
    "turned by 180": _turned(_T.ROTATE_180),
    "transverse": _turned(_T.TRANSVERSE),
    "brighter by 15 %": _toned(lambda x: 1.15 * x),
    "darker by 20 %": _toned(lambda x: 0.8 * x),
    "gamma 0.7": _toned(lambda x: x**0.7),
    "gamma 1.4": _toned(lambda x: x**1.4),
    "cropped by 6 % a side": _cropped(0, fixed=(0.06,) * 4),
    "cropped by 10 % a side": _cropped(0, fixed=(0.1,) * 4),
    "cropped by 0 to 10 % a side": _cropped(0.1),
    "cropped by 10 % on one side": _cropped(0, fixed=(0.1, 0, 0, 0)),
    "cropped by 10 % at one corner": _cropped(0, fixed=(0.1, 0.1, 0, 0)),
    "mirrored, cropped, gamma 0.8": _all_of(
        _turned(_T.FLIP_LEFT_RIGHT), _cropped(0.1), _toned(lambda x: x**0.8)
    ),
    "turned, cropped, brighter": _all_of(
        _turned(_T.ROTATE_90), _cropped(0.1), _toned(lambda x: 1.15 * x)
    ),
}


def _photo(path: Path) -> Image.Image:
    image = Image.open(path)
    image.draft("RGB", (512, 512))
    image = image.convert("RGB")
    image.thumbnail((512, 512))
    return image


def _copy(photo: Image.Image, kind: str, rng: random.Random) -> Image.Image:
    changed = KINDS[kind](photo, rng)
    scale = rng.uniform(0.5, 1)
    size = tuple(max(48, round(edge * scale)) for edge in changed.size)
    buffer = io.BytesIO()
    changed.resize(size, Image.Resampling.LANCZOS).save(
        buffer, "JPEG", quality=rng.choice((60, 75, 85, 92))
    )
    return Image.open(buffer).convert("RGB")


def _indexes(paths: list[Path]) -> tuple[dict[str, PrintIndex], dict[str, list[str]], float]:
    indexes = {"sure": PrintIndex(SURE_COPY), "alike": PrintIndex(LOOK_ALIKE)}
    pairs: dict[str, list[str]] = {name: [] for name in indexes}
    prints = [copy_print(_photo(path)) for path in paths]
    started = time.process_time()
    for name, index in indexes.items():
        for path, text in zip(paths, prints, strict=True):
            pairs[name] += [f"{twin} and {path}" for twin in index.find(text)]
            index.add(text, str(path))
    return indexes, pairs, (time.process_time() - started) / len(indexes) / len(paths)


def _print_cost(path: Path, count: int = 200) -> float:
    photo = _photo(path)
    started = time.process_time()
    for _ in range(count):
        copy_print(photo)
    return (time.process_time() - started) / count


def _leaks(paths: list[Path], seed: int) -> tuple[int, int]:
    """Return how many photos have a copy in another split, and how many photos were left out."""
    rows = []
    for number, path in enumerate(paths):
        rng, photo = random.Random(f"{seed} {path}"), _photo(path)
        versions = {"original": photo} | {kind: _copy(photo, kind, rng) for kind in KINDS}
        for place, image in enumerate(versions.values()):
            key = f"p{rng.randrange(10**9):09}-{number}-{place}"
            rows.append(
                Photo(
                    key=key,
                    source="folder",
                    source_id=key,
                    path=f"folder/{key}.jpg",
                    perceptual_hash=perceptual_hash(image),
                    copy_print=copy_print(image),
                )
            )
    result = split_photos(rows, SplitRatios(), seed=seed)
    splits_of: dict[str, set[str]] = {}
    for split, photos in result.photos.items():
        for row in photos:
            splits_of.setdefault(row.key.split("-")[1], set()).add(split)
    return sum(len(splits) > 1 for splits in splits_of.values()), len(result.left_out)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--leak-photos", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    found = sorted(p for folder in args.folders for p in folder.rglob("*.jpg"))
    random.Random(args.seed).shuffle(found)
    paths = found[: args.photos]
    indexes, pairs, search_s = _indexes(paths)
    print(f"{len(paths)} photos; print {1000 * _print_cost(paths[0]):.2f} ms, ", end="")
    print(f"search and add {1000 * search_s:.2f} ms CPU a photo")
    for name, found_pairs in pairs.items():
        print(f"{name}: {len(found_pairs)} pairs of different files")
        if args.list:
            print("\n".join(found_pairs))
    print(f"{'kind of copy':32} sure   alike")
    for kind in KINDS:
        hits = dict.fromkeys(indexes, 0)
        for path in paths:
            text = copy_print(_copy(_photo(path), kind, random.Random(f"{args.seed} {path}")))
            for name, index in indexes.items():
                hits[name] += str(path) in index.find(text)
        shares = "  ".join(f"{100 * hits[name] / len(paths):5.1f}" for name in indexes)
        print(f"{kind:32} {shares} %", flush=True)
    if args.leak_photos:
        leaks, left_out = _leaks(paths[: args.leak_photos], args.seed)
        print(
            f"of {args.leak_photos} photos with {len(KINDS)} copies each {leaks} have copies in "
            f"two splits; {left_out} of the photos and copies were left out as they link two"
        )


if __name__ == "__main__":
    main()
