"""What ``colorunet export`` writes: torch's numbers at any size, decoded or not."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from colorunet.cli import app
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.gamut_mapping import compose_rgb
from colorunet.coloring.options import PredictionOptions
from colorunet.evidence.vocabulary import DIGITAL_SOURCE_TYPE
from colorunet.export.onnx_export import ExportSettings, export_onnx
from colorunet.export.sample_photos import photos_of
from colorunet.networks import NetworkSettings, build_network
from colorunet.parameters.checkpoint import Trained, load_run, save_parameters
from trainer.config.recipe import Recipe

ort = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
SHAPES = [(1, 1, 64, 64), (2, 1, 50, 70), (3, 1, 1, 9)]


@pytest.fixture
def photo(demo_photos: Path) -> np.ndarray:
    with Image.open(demo_photos / "skimage" / "chelsea.png") as image:
        return np.asarray(image.convert("L"))


@pytest.fixture
def run(small_palette, tmp_path: Path) -> Path:
    torch.manual_seed(0)
    recipe = Recipe().with_overrides(["width=8", "depth=2"])
    network = build_network(recipe.network, bins=small_palette.n, size=64)
    meta = {"step": 1, "size": 64, "recipe": recipe.to_dict(), "palette": small_palette.to_dict()}
    meta |= {"averaging": {"scales": [0.5, 1.0], "mirrored": True}, "metrics": {"loss": 1.5}}
    (tmp_path / "run").mkdir()
    save_parameters(tmp_path / "run", "best", network.state_dict(), meta)
    return tmp_path / "run"


@pytest.fixture
def trained(run: Path) -> Trained:
    return load_run(run)


def _session(path: Path):
    return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def test_logits_are_torchs_at_any_size_and_batch(trained: Trained, tmp_path: Path) -> None:
    told = export_onnx(trained, tmp_path / "n.onnx")
    session = _session(tmp_path / "n.onnx")
    properties = session.get_modelmeta().custom_metadata_map
    assert DIGITAL_SOURCE_TYPE in properties["marking"]  # how to mark what the file colours
    for shape in SHAPES:
        luma = torch.rand(shape)
        (logits,) = session.run(["logits"], {"luma": luma.numpy()})
        assert logits.shape == (shape[0], trained.palette.n, *shape[2:])
        assert np.abs(logits - trained.network(luma).numpy()).max() < 1e-4
    assert told.difference < 1e-4
    assert told.color_difference < 1e-2
    assert told.file_ms > 0
    assert told.torch_ms > 0


@pytest.mark.parametrize("size", [(64, 64), (37, 50)])
def test_decoded_colors_are_those_that_colorizing_gives(
    size: tuple[int, int], trained: Trained, tmp_path: Path
) -> None:
    options = PredictionOptions(temperature=0.3, saturation=1.5, caution=0.4)
    export_onnx(trained, tmp_path / "n.onnx", ExportSettings(decode=True, options=options))
    luma = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    batch = np.stack([luma, luma[::-1]])[:, None].astype(np.float32) / 255
    uv, rgb = _session(tmp_path / "n.onnx").run(["uv", "rgb"], {"luma": batch})
    colorizer = Colorizer.of_run(trained, options)
    expected = colorizer.decode(colorizer.logits(luma))
    assert np.abs(np.moveaxis(uv[0], 0, -1) - expected).max() < 1e-4
    colors = compose_rgb(luma.astype(np.float32) / 255, expected)
    assert np.abs(np.moveaxis(rgb[0], 0, -1) - colors).max() < 1e-3


def test_halves_and_integers_take_less_and_tell_their_loss(
    trained: Trained, tmp_path: Path
) -> None:
    told, sizes = {}, {}
    for precision in ("fp32", "fp16", "int8"):
        path = tmp_path / f"{precision}.onnx"
        told[precision] = export_onnx(trained, path, ExportSettings(precision))
        tensors = onnx.load(str(path)).graph.initializer
        sizes[precision] = sum(onnx.numpy_helper.to_array(tensor).nbytes for tensor in tensors)
    assert sizes["fp16"] < 0.7 * sizes["fp32"]
    assert sizes["int8"] < 0.5 * sizes["fp32"]
    assert told["fp32"].difference < told["fp16"].difference < told["int8"].difference
    assert told["int8"].color_difference > told["fp32"].color_difference


def test_an_exported_file_is_what_a_run_may_be_coloured_with(
    run: Path, trained: Trained, photo: np.ndarray
) -> None:
    by_torch = Colorizer.load(run, backend="torch").colorize(photo).astype(int)
    export_onnx(trained, run / "network.onnx")
    by_file = Colorizer.load(run, backend="onnx").colorize(photo)
    assert np.abs(by_torch - by_file).max() <= 1


def test_a_decoded_file_is_not_taken_for_logits(run: Path, trained: Trained) -> None:
    export_onnx(trained, run / "network.onnx", ExportSettings(decode=True))
    with pytest.raises(Exception, match="exported without --decode"):
        Colorizer.load(run, backend="onnx")


def test_the_pictures_of_the_card_are_24_different_photographs() -> None:
    photos = photos_of(None)
    assert len(photos) == 24
    assert all(photo.shape == (256, 256) and photo.std() > 10 for photo in photos)
    assert len({photo.tobytes() for photo in photos}) == 24


def test_the_command_tells_loss_and_times(run: Path, tmp_path: Path) -> None:
    words = ["export", str(run), "--onnx", str(tmp_path / "n.onnx"), "--precision", "fp16"]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["precision"] == "fp16"
    assert told["bytes"] == (tmp_path / "n.onnx").stat().st_size
    assert min(told["color_difference"], told["file_ms"], told["torch_ms"]) > 0


@pytest.mark.parametrize(
    "words", [["--decode"], ["--precision", "int8"], ["--hub", "h", "--decode"]]
)
def test_options_without_a_file_are_wrong_usage(words: list[str], run: Path) -> None:
    assert CliRunner().invoke(app, ["export", str(run), *words]).exit_code == 2


def test_a_folder_without_photos_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    words = ["--onnx", str(tmp_path / "n.onnx"), "--photos", str(tmp_path / "none")]
    done = CliRunner().invoke(app, ["export", str(run), *words])
    assert "no photos" in str(done.exception)
    assert not (tmp_path / "n.onnx").exists()


def test_the_encoder_network_is_exported_alike(small_palette, tmp_path: Path) -> None:
    settings = NetworkSettings("encoder-unet", padding="replicate", logits_stride=4)
    network = build_network(settings, bins=small_palette.n, size=64).eval()
    told = export_onnx(Trained(network, small_palette, settings, {}), tmp_path / "n.onnx")
    assert told.difference < 1e-3 * max(1, told.largest)


def test_a_file_of_somebody_else_is_never_replaced(run: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "n.onnx", run / "network.onnx"):
        path.write_bytes(b"my thesis")
        words = ["--onnx", str(path)] if path.parent == tmp_path else []
        done = CliRunner().invoke(app, ["export", str(run), *words, "--overwrite"])
        assert "not a file that this command writes" in str(done.exception)
        assert path.read_bytes() == b"my thesis"
    done = CliRunner().invoke(app, ["export", str(run), "--onnx", str(tmp_path)])
    assert "a folder; name a file" in str(done.exception)


def test_the_same_export_again_is_written_again_and_another_on_demand(
    run: Path, tmp_path: Path
) -> None:
    words = ["export", str(run), "--onnx", str(tmp_path / "n.onnx")]
    assert CliRunner().invoke(app, words).exit_code == 0
    first = (tmp_path / "n.onnx").read_bytes()
    assert CliRunner().invoke(app, words).exit_code == 0
    assert (tmp_path / "n.onnx").read_bytes() == first
    other = CliRunner().invoke(app, [*words, "--decode"])
    assert "made from something else, or with other settings" in str(other.exception)
    assert (tmp_path / "n.onnx").read_bytes() == first
    assert CliRunner().invoke(app, [*words, "--decode", "--overwrite"]).exit_code == 0
    assert (tmp_path / "n.onnx").read_bytes() != first
