"""Levels of luma and chroma mean the colours that a player shows, in every matrix and range."""

import av
import numpy as np
import pytest

from colorunet.coloring.gamut_mapping import compose_rgb
from colorunet.video.color_coding import (
    BT709,
    BT2020,
    SMPTE170M,
    ColorCoding,
    matrix_of,
)

CODINGS = [
    ColorCoding(matrix, full, bits)
    for matrix in (SMPTE170M, BT709, BT2020)
    for full in (False, True)
    for bits in (8, 10)
]


def _shown(coding: ColorCoding, y: np.ndarray, cb: np.ndarray, cr: np.ndarray) -> np.ndarray:
    """What FFmpeg's converter makes of the levels, RGB in [0, 1]: an independent reference."""
    name = "yuv444p" if coding.bits == 8 else f"yuv444p{coding.bits}le"
    frame = av.VideoFrame(y.shape[1], y.shape[0], name)
    for plane, levels in zip(frame.planes, (y, cb, cr), strict=True):
        rows = np.frombuffer(plane, levels.dtype).reshape(plane.height, -1)
        rows[:, : y.shape[1]] = levels
    spaces = {SMPTE170M: "ITU601", BT709: "ITU709", BT2020: "BT2020"}
    rgb = frame.reformat(
        format="rgb48le",
        src_colorspace=spaces[coding.matrix],
        dst_colorspace=spaces[coding.matrix],
        src_color_range="JPEG" if coding.full_range else "MPEG",
        dst_color_range="JPEG",
        interpolation="BICUBIC",
    )
    return rgb.to_ndarray().astype(np.float64) / 65535


@pytest.mark.parametrize("coding", CODINGS, ids=str)
def test_a_player_shows_the_colour_that_was_meant(coding: ColorCoding) -> None:
    rng = np.random.default_rng(0)
    luma = np.repeat(np.repeat(np.linspace(0.25, 0.75, 8), 4)[None], 16, 0).astype(np.float32)
    u, v = (np.repeat(rng.uniform(-0.06, 0.06, (16, 1)), 32, 1).astype(np.float32) for _ in "uv")
    lowest, span = (
        (0, (1 << coding.bits) - 1)
        if coding.full_range
        else (
            16 << (coding.bits - 8),
            219 << (coding.bits - 8),
        )
    )
    y = np.rint(luma * span + lowest).astype(coding.dtype)
    cb, cr = coding.chroma(luma, u, v)
    shown = _shown(coding, y, cb, cr)
    meant = compose_rgb(luma, np.stack((u, v), -1)).astype(np.float64)
    # Red, green and blue differ by what was meant; each matrix weighs its own luma from them.
    for first, second in ((0, 1), (1, 2)):
        difference = shown[..., first] - shown[..., second]
        assert np.abs(difference - (meant[..., first] - meant[..., second])).max() < 0.02
    if coding.matrix == SMPTE170M:
        assert np.abs(shown - meant).max() < 0.02


@pytest.mark.parametrize("coding", CODINGS, ids=str)
def test_no_chroma_leaves_gray(coding: ColorCoding) -> None:
    zero = np.zeros((4, 6), np.float32)
    cb, cr = coding.chroma(np.full((4, 6), 0.5, np.float32), zero, zero)
    middle = 1 << (coding.bits - 1)
    assert set(np.unique(cb)) == set(np.unique(cr)) == {middle}


@pytest.mark.parametrize("coding", CODINGS, ids=str)
def test_uv_inverts_chroma(coding: ColorCoding) -> None:
    rng = np.random.default_rng(1)
    u, v = (rng.uniform(-0.05, 0.05, (8, 8)).astype(np.float32) for _ in "uv")
    cb, cr = coding.chroma(np.full((8, 8), 0.5, np.float32), u, v)
    for given, found in zip((u, v), coding.uv(cb, cr), strict=True):
        assert np.abs(given - found).max() < 0.006


def test_chroma_is_drawn_in_to_what_luma_can_carry() -> None:
    coding = ColorCoding(BT709, False, 10)
    luma = np.array([[0.02, 0.5, 0.98]], np.float32)
    u, v = np.full((1, 3), 0.2, np.float32), np.full((1, 3), -0.1, np.float32)
    cb, cr = coding.chroma(luma, u, v)
    y = np.rint(luma * 876 + 64).astype(np.uint16)
    wide = [np.repeat(np.repeat(plane, 16, 1), 16, 0) for plane in (y, cb, cr)]
    shown = _shown(coding, *wide)[8, 8::16]
    kept = shown @ np.array([0.2126, 0.7152, 0.0722])
    assert np.abs(kept - luma[0]).max() < 0.01  # nothing was clipped: the luma is there


def test_rgb_that_is_gray_keeps_its_level() -> None:
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    for matrix in (SMPTE170M, BT709):
        assert np.array_equal(ColorCoding(matrix, True, 8).luma_of_rgb(levels)[0], np.arange(256))


@pytest.mark.parametrize(
    ("tag", "size", "matrix"),
    [
        (2, (720, 576), SMPTE170M),
        (2, (1280, 720), BT709),
        (1, (320, 240), BT709),
        (6, (1920, 1080), SMPTE170M),
        (9, (3840, 2160), BT2020),
    ],
)
def test_an_untagged_film_is_taken_as_players_take_it(
    tag: int, size: tuple[int, int], matrix: int
) -> None:
    assert matrix_of(tag, *size) == matrix
