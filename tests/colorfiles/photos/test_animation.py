"""Frames of animations are read as browsers show them, each bounded before it is decoded."""

import base64
import io
import struct
import tracemalloc
from collections.abc import Iterator
from typing import Any

import animations as made
import numpy as np
import odd_files as odd
import pytest
from PIL import Image

from colorfiles.photos import (
    DecodedImage,
    ReadSettings,
    UnreadableImage,
    look_at,
    read_image,
    read_pages,
)

_MIME = {"GIF": "image/gif", "PNG": "image/png", "WEBP": "image/webp"}
_FRAMES = """async ([content, type]) => {
  const data = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const decoder = new ImageDecoder({data, type});
  await decoder.tracks.ready;
  await decoder.completed;
  const frames = [];
  for (let frameIndex = 0; frameIndex < decoder.tracks.selectedTrack.frameCount; frameIndex++) {
    const image = (await decoder.decode({frameIndex})).image;
    const [width, height] = [image.displayWidth, image.displayHeight];
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(image, 0, 0);
    frames.push([height, width, Array.from(context.getImageData(0, 0, width, height).data)]);
  }
  return frames;
}"""


@pytest.fixture(scope="module")
def browser_page(chromium: Any) -> Iterator[Any]:
    """A page of a real Chromium, in whose context images may be decoded frame by frame."""
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    page.goto("http://localhost/")
    yield page
    context.close()


def _rgba(image: DecodedImage) -> np.ndarray:
    rgb = np.asarray(image.rgb(None)).astype(int)
    alpha = image.alpha(8)
    opaque = np.full(rgb.shape[:2], 255) if alpha is None else alpha.astype(int)
    return np.dstack((rgb, opaque))


@pytest.mark.parametrize("kind", _MIME)
def test_every_frame_is_as_chromium_shows_it(kind: str, browser_page: Any) -> None:
    for seed in range(25):
        data = made.random_animation(kind, seed)
        content = base64.b64encode(data).decode()
        shown = [
            np.reshape(pixels, (height, width, 4)).astype(int)
            for height, width, pixels in browser_page.evaluate(_FRAMES, [content, _MIME[kind]])
        ]
        frames = [_rgba(page) for page in read_pages(data)]
        assert [frame.shape for frame in frames] == [frame.shape for frame in shown], seed
        assert look_at(data).pages == len(shown)
        for frame, want in zip(frames, shown, strict=True):
            assert np.abs(frame[..., 3] - want[..., 3]).max() <= 1, seed
            # a canvas keeps colours multiplied by their opacity
            difference = np.abs(frame - want)[..., :3] * want[..., 3:] / 255
            assert difference.max() <= 2.5, seed


def _gray_palette() -> np.ndarray:
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


@pytest.mark.parametrize(("disposal", "left_behind"), [(0, 200), (1, 200), (2, None), (3, 100)])
def test_a_disposal_decides_what_the_next_frame_is_laid_on(
    disposal: int, left_behind: int | None
) -> None:
    small = np.full((2, 2), 200)
    frames = [
        made.MadeFrame(np.full((4, 6), 100)),
        made.MadeFrame(small, (1, 1), disposal),
        made.MadeFrame(np.full((1, 1), 50), (5, 3)),
    ]
    last = _rgba(list(read_pages(made.gif((6, 4), frames, _gray_palette())))[2])
    assert tuple(last[3, 5]) == (50, 50, 50, 255)
    assert tuple(last[0, 0]) == (100, 100, 100, 255)
    if left_behind is None:
        assert last[1, 1, 3] == 0
    else:
        assert tuple(last[1, 1]) == (left_behind,) * 3 + (255,)


def test_how_long_each_frame_is_shown_comes_along() -> None:
    frames = [Image.new("L", (8, 8), level) for level in (10, 90, 170)]
    for kind in ("GIF", "PNG", "WEBP"):
        options = {"save_all": True, "append_images": frames[1:], "duration": [50, 200, 70]}
        data = odd.saved(frames[0], kind, loop=3, **options)
        pages = list(read_pages(data, ReadSettings(metadata=True)))
        assert [page.metadata.duration_ms for page in pages] == [50, 200, 70]
        assert {page.metadata.loops for page in pages} == {3}


def _of_three(kind: str) -> bytearray:
    pixels = np.full((36, 48), 7)
    if kind == "PNG":
        pixels = np.full((36, 48, 4), 7, np.uint8)
        return bytearray(made.apng((48, 36), [made.MadeFrame(pixels)] * 3))
    return bytearray(made.gif((48, 36), [made.MadeFrame(pixels, disposal=2)] * 3, _gray_palette()))


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_a_frame_of_more_pixels_than_allowed_is_refused_before_it_takes_memory(
    kind: str, number: int
) -> None:
    data = _of_three(kind)
    mark = b"fcTL" if kind == "PNG" else struct.pack("<B4H", 0x2C, 0, 0, 48, 36)
    place = -1
    for _ in range(number + 1):
        place = data.index(mark, place + 1)
    if kind == "PNG":
        struct.pack_into(">4I", data, place + 8, *[65_535] * 4)
    else:
        struct.pack_into("<4H", data, place + 1, *[65_535] * 4)
    tracemalloc.start()
    for read in (look_at, read_image, lambda file: list(read_pages(file))):
        with pytest.raises(UnreadableImage, match=r"too many pixels|beyond the picture"):
            read(bytes(data))
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_frames_that_together_are_too_much_are_refused() -> None:
    data = bytes(_of_three("GIF"))
    one = 48 * 36 * 8
    assert look_at(data, ReadSettings(max_bytes=one)).pages == 3
    many = made.gif((48, 36), [made.MadeFrame(np.zeros((1, 1), int))] * 251, _gray_palette())
    assert look_at(many).pages == 251
    with pytest.raises(UnreadableImage, match="too many pages"):
        look_at(many, ReadSettings(max_bytes=one))


def test_tiles_larger_than_the_page_are_refused_before_they_take_memory() -> None:
    for kind in (np.uint8, np.uint16):
        sound = odd.tiff(odd.gray().astype(kind), tile=(64, 64), compression="zlib")
        data = bytearray(sound)
        for tag in (322, 323):
            entries = [struct.pack("<HHI", tag, kind_of, 1) for kind_of in (3, 4)]
            place = max(sound.find(entry) for entry in entries)
            struct.pack_into("<HHII", data, place, tag, 4, 1, 40_000)
        with pytest.raises(UnreadableImage, match="too many pixels: 40000 x 40000"):
            read_image(io.BytesIO(data))
