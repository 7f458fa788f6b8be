"""Any size in, the same size out, with its own luma."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from colorcore import Palette
from colorunet.coloring import backends
from colorunet.coloring.colorizer import Colorizer, merge_chroma
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.options import PredictionOptions
from colorunet.coloring.working_size import working_size
from colorunet.errors import ColorunetError
from colorunet.networks import NetworkSettings, build_network


@pytest.fixture(scope="module")
def colorizer(small_palette: Palette) -> Colorizer:
    torch.manual_seed(0)
    settings = NetworkSettings(width=8, depth=3)
    network = build_network(settings, bins=small_palette.n, size=64)
    return Colorizer(network, small_palette, working_edge_px=48, decoding=Decoding(saturation=3.0))


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (37, 53), (64, 64), (300, 90)])
def test_the_output_has_the_size_and_the_luma_of_the_input(
    colorizer: Colorizer, size: tuple[int, int]
) -> None:
    luma = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    rgb = colorizer.colorize(luma)
    assert rgb.shape == (*size, 3)
    back = np.asarray(Image.fromarray(rgb).convert("L")).astype(int)
    assert np.abs(back - luma).max() <= 1


def test_chroma_lands_where_it_was_taken(demo_photos: Path) -> None:
    from colorcore import rgb_to_yuv

    photo = Image.open(next(demo_photos.rglob("china.jpg"))).convert("RGB")
    rgb = np.asarray(photo)
    small = np.asarray(photo.resize((320, 213), Image.Resampling.BOX)) / 255
    again = merge_chroma(np.asarray(photo.convert("L")), rgb_to_yuv(small)[..., 1:].astype("f4"))
    error = np.mean((again.astype(float) - rgb) ** 2)
    assert 10 * np.log10(255**2 / error) > 36


def test_bands_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    luma = rng.integers(60, 200, (301, 211), dtype=np.uint8)
    uv = rng.uniform(-0.1, 0.1, (20, 14, 2)).astype(np.float32)
    whole = merge_chroma(luma, uv)
    monkeypatch.setattr("colorunet.coloring.composing.BAND_PIXELS", 211 * 17)
    banded = merge_chroma(luma, uv)
    assert np.abs(whole.astype(int) - banded).max() <= 1


def test_a_lower_temperature_is_never_less_colorful_for_one_bin(colorizer: Colorizer) -> None:
    n = colorizer.palette.n
    logits = torch.zeros(4, 4, n)
    logits[..., n - 1] = 2.0
    warm = colorizer.decode(logits, Decoding(temperature=1.0))
    cold = colorizer.decode(logits, Decoding(temperature=0.01))
    np.testing.assert_allclose(cold[0, 0], colorizer.palette.centers[n - 1], atol=1e-6)
    assert np.hypot(*cold[0, 0]) > np.hypot(*warm[0, 0])


def test_contrast_strengthens_strong_colors_and_weakens_weak_ones() -> None:
    palette = Palette(
        centers=np.array([[0.0, 0.24], [0.03, 0.0], [0.0, 0.0]]), prior=np.full(3, 1 / 3)
    )
    three = Colorizer(lambda luma: luma, palette)
    logits = torch.eye(3)[:, None] * 1e3
    plain = three.decode(logits, Decoding())
    more = three.decode(logits, Decoding(contrast=0.5))
    assert more[0, 0, 1] == pytest.approx(plain[0, 0, 1] * 2**0.5)
    assert more[1, 0, 0] == pytest.approx(plain[1, 0, 0] / 2)
    assert not more[2].any()


def test_top_mode_decoding_keeps_to_one_of_two_opposites(colorizer: Colorizer) -> None:
    palette = Palette(centers=np.array([[0.2, 0.0], [-0.2, 0.0]]), prior=np.array([0.5, 0.5]))
    two = Colorizer(colorizer.logits, palette)  # the network isn't asked here
    logits = torch.tensor([[[0.1, 0.0]]])
    mean = two.decode(logits, Decoding(temperature=1.0))
    mode = two.decode(logits, Decoding(temperature=1.0, top_mode_radius=0.1))
    assert abs(mean[0, 0, 0]) < 0.02
    assert mode[0, 0, 0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": 0},
        {"temperature": 1.5},
        {"saturation": -0.1},
        {"top_mode_radius": 0},
        {"contrast": -0.1},
    ],
)
def test_decoding_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Decoding(**wrong)


def test_what_the_user_gives_wins_over_what_the_run_was_shipped_with() -> None:
    meta = {"decoding": {"temperature": 0.2, "saturation": 1.2}}
    assert Decoding.of_run(meta) == Decoding(0.2, 1.2)
    assert PredictionOptions(temperature=0.5).decoding(meta) == Decoding(0.5, 1.2)
    assert Decoding.of_run({}) == Decoding(0.38, 1.0)


def test_a_panorama_is_worked_on_within_bounds() -> None:
    assert working_size(np.zeros((500, 1000), dtype=np.uint8), 256) == (256, 512)
    height, width = working_size(np.zeros((10, 100_000), dtype=np.uint8), 256)
    assert width <= 2048
    assert height >= 32


def test_a_shipped_network_says_what_it_is_and_runs_where_asked() -> None:
    small = Colorizer.load("colorunet-small", device="cpu")
    assert repr(small).startswith("<Colorizer colorunet-listed: ")  # the alias stands for it
    assert f"{small.palette.n} bins, shorter edge 256 px, on cpu" in repr(small)
    with_torch = Colorizer.load("colorunet-small", device="meta")  # a device that torch alone has
    assert str(with_torch.device) == "meta"
    with pytest.raises(ColorunetError, match="device nothing: torch has none of that name"):
        Colorizer.load("colorunet-small", device="nothing")
    with pytest.raises(ColorunetError, match="ONNX Runtime runs on the CPU"):
        Colorizer.load("colorunet-small", backend="onnx", device="cuda")


def test_asking_for_torch_without_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    with pytest.raises(ColorunetError, match=r"^torch isn't installed: pip install"):
        Colorizer.load(backend="torch")
