"""The same pixels from ONNX Runtime as from torch, at any size, and without torch at all."""

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from colorcore import Palette
from colorunet.cli import app
from colorunet.coloring import onnx_network, torch_network
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.onnx_network import OnnxNetwork
from colorunet.coloring.options import PredictionOptions
from colorunet.errors import ColorunetError
from colorunet.export.onnx_export import export_beside
from colorunet.networks import NetworkSettings, build_network
from colorunet.parameters.checkpoint import load_tensors, save_parameters, save_tensors
from colorunet.parameters.meta import read_meta
from colorunet.parameters.shipped import ONNX_FILE, SHIPPED_NETWORKS, shipped_run
from trainer.config.recipe import Recipe

SETTINGS = [
    NetworkSettings("poster", norm="pixel"),
    NetworkSettings("unet", width=8, depth=3, padding="replicate"),
    NetworkSettings("unet", width=8, depth=3, stem=1, logits_stride=1),
    NetworkSettings("encoder-unet", padding="replicate", logits_stride=4),
]
SIZES = [(64, 64), (33, 150), (1, 5), (200, 97)]


@pytest.fixture
def photo(demo_photos: Path) -> np.ndarray:
    image = Image.open(next(demo_photos.rglob("coffee.png"))).convert("L")
    return np.asarray(image.resize((300, 200)))


def _run(folder: Path, palette: Palette) -> Path:
    torch.manual_seed(0)
    recipe = Recipe().with_overrides(["width=8", "depth=3"])
    network = build_network(recipe.network, bins=palette.n, size=64)
    meta = {"step": 1, "size": 64, "recipe": recipe.to_dict(), "palette": palette.to_dict()}
    folder.mkdir()
    save_parameters(folder, "best", network.state_dict(), meta)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_logits_are_torchs_at_any_size(settings: NetworkSettings, tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = build_network(settings, bins=6, size=64).eval()
    save_tensors(tmp_path / "n.safetensors", network.state_dict(), {})
    export_beside(network, tmp_path / "n.onnx", tmp_path / "n.safetensors")
    file = OnnxNetwork(tmp_path / "n.onnx")
    averaging = PredictionOptions(scales=(0.5, 1.0), mirrored=True).averaging({})
    rng = np.random.default_rng(0)
    for size in SIZES:
        luma = rng.integers(0, 256, size, dtype=np.uint8)
        by_torch = torch_network.TorchNetwork(network, "cpu")
        of_torch = by_torch.logits(luma, averaging).numpy()
        of_file = file.logits(luma, averaging)
        assert of_file.shape == (*size, 6)
        close = 1e-3 * max(1, float(np.abs(of_torch).max()))
        assert np.abs(of_file - of_torch).max() < close
        coarse = file.coarse_logits(luma, averaging)
        assert coarse.shape == (*(-(-edge // network.logits_stride) for edge in size), 6)
        assert np.abs(coarse - by_torch.coarse_logits(luma, averaging).numpy()).max() < close


def test_coarse_logits_upscaled_are_the_logits(photo: np.ndarray) -> None:
    colorizer = Colorizer.load(options=PredictionOptions(scales=(1.0,)))
    luma = photo[:128, :192]
    coarse = np.moveaxis(colorizer.coarse_logits(luma), -1, 0)[None]
    upscaled = np.moveaxis(onnx_network.resized(coarse, luma.shape)[0], 0, -1)
    assert np.array_equal(upscaled, colorizer.logits(luma))


@pytest.mark.parametrize("size", [(20, 30), (64, 64), (7, 90), (1, 1)])
def test_both_resize_alike(size: tuple[int, int]) -> None:
    image = np.random.default_rng(2).random((1, 3, 40, 48), dtype=np.float32)
    theirs = torch_network.resized(torch.from_numpy(image), size).numpy()
    assert np.abs(onnx_network.resized(image, size) - theirs).max() < 1e-5


@pytest.mark.parametrize("name", sorted(SHIPPED_NETWORKS))
def test_a_shipped_network_gives_the_same_pixels_by_both(name: str, photo: np.ndarray) -> None:
    assert (shipped_run(name) / ONNX_FILE).is_file()
    by_torch, by_onnx = (
        Colorizer.load(name, backend=backend).colorize(photo) for backend in ("torch", "onnx")
    )
    apart = np.abs(by_torch.astype(int) - by_onnx)
    assert apart.max() <= 1


@pytest.mark.slow
def test_new_parameters_in_a_run_are_those_that_are_used(
    small_palette: Palette, tmp_path: Path, photo: np.ndarray
) -> None:
    run = _run(tmp_path / "run", small_palette)
    CliRunner().invoke(app, ["export", str(run)])
    before = Colorizer.load(run).colorize(photo).astype(int)
    meta = read_meta(run, "best")
    tensors, _ = load_tensors(run / "best.safetensors")
    save_parameters(run, "best", {k: 2 * v.flip(0) for k, v in tensors.items()}, meta)
    after = Colorizer.load(run).colorize(photo).astype(int)
    assert np.abs(after - Colorizer.load(run, backend="torch").colorize(photo)).max() <= 1
    assert np.abs(after - before).max() > 1


@pytest.mark.slow
def test_parameters_of_another_network_are_refused(small_palette: Palette, tmp_path: Path) -> None:
    run = _run(tmp_path / "run", small_palette)
    CliRunner().invoke(app, ["export", str(run)])
    other = build_network(NetworkSettings("unet", width=12, depth=3), bins=6, size=64)
    save_tensors(run / "best.safetensors", other.state_dict(), {})
    with (
        patch("onnxruntime.InferenceSession") as session,
        pytest.raises(ColorunetError, match="of another network"),
    ):
        Colorizer.load(run)
    session.assert_not_called()  # it would read whatever stands where the tensors were


@pytest.mark.slow
def test_the_command_writes_into_the_run_where_colorizing_finds_it(
    small_palette: Palette, tmp_path: Path, photo: np.ndarray
) -> None:
    run = _run(tmp_path / "run", small_palette)
    done = CliRunner().invoke(app, ["export", str(run)])
    assert done.exit_code == 0, done.output + repr(done.exception)
    assert "differs from torch" in done.output
    assert Colorizer.load(run).device == "cpu"
    assert isinstance(Colorizer.load(run)._network, OnnxNetwork)
    apart = Colorizer.load(run).colorize(photo).astype(int)
    apart -= Colorizer.load(run, backend="torch").colorize(photo)
    assert np.abs(apart).max() <= 1


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
sys.modules["safetensors"] = None
sys.argv[0] = "colorunet"
from colorunet.__main__ import main
main()
"""


def test_a_photo_is_coloured_where_torch_is_not_installed(
    demo_photos: Path, tmp_path: Path
) -> None:
    words = [str(next(demo_photos.rglob("coffee.png"))), "-o", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rgb = np.asarray(Image.open(tmp_path / "out" / "coffee.png").convert("RGB")).astype(int)
    assert (rgb.max(-1) - rgb.min(-1)).mean() > 1


def test_without_torch_a_run_without_its_file_says_what_to_do(
    small_palette: Palette, tmp_path: Path, demo_photos: Path
) -> None:
    run = _run(tmp_path / "run", small_palette)
    words = [str(run), str(next(demo_photos.rglob("coffee.png"))), "-o", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "colorunet export" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"not a model" * 100, b"\x08\x07\x72\xff\x01"])
def test_a_file_that_is_none_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(content)
    with pytest.raises(ColorunetError, match=r"x\.onnx: can't be run"):
        OnnxNetwork(tmp_path / "x.onnx")


@pytest.mark.slow
def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    network = build_network(NetworkSettings("unet", width=8, depth=2), bins=6, size=64).eval()
    save_tensors(tmp_path / "n.safetensors", network.state_dict(), {})
    export_beside(network, tmp_path / "x.onnx", tmp_path / "n.safetensors")
    whole = (tmp_path / "x.onnx").read_bytes()
    for end in (0, 1, 100, len(whole) // 2, len(whole) - 100, len(whole) - 1):
        (tmp_path / "x.onnx").write_bytes(whole[:end])
        with pytest.raises(ColorunetError, match=r"x\.onnx: (can't be run|not a file)"):
            OnnxNetwork(tmp_path / "x.onnx")


@pytest.mark.slow
def test_a_file_of_another_maker_is_refused(tmp_path: Path) -> None:
    import onnx

    network = build_network(NetworkSettings("unet", width=8, depth=2), bins=6, size=64).eval()
    save_tensors(tmp_path / "n.safetensors", network.state_dict(), {})
    export_beside(network, tmp_path / "x.onnx", tmp_path / "n.safetensors")
    model = onnx.load(str(tmp_path / "x.onnx"), load_external_data=False)
    del model.metadata_props[:]
    onnx.save(model, str(tmp_path / "x.onnx"))
    with pytest.raises(ColorunetError, match="not a file of `colorunet export`"):
        OnnxNetwork(tmp_path / "x.onnx")


def _saying(path: Path, name: str, value: object) -> object:
    """Export a network, have the file say something else of itself; return what it said."""
    import onnx

    network = build_network(NetworkSettings("unet", width=8, depth=2), bins=6, size=64).eval()
    save_tensors(path.with_suffix(".safetensors"), network.state_dict(), {})
    export_beside(network, path, path.with_suffix(".safetensors"))
    model = onnx.load(str(path), load_external_data=False)
    about = json.loads(model.metadata_props[0].value)
    model.metadata_props[0].value = json.dumps(about | {name: value})
    onnx.save(model, str(path))
    return about[name]


@pytest.mark.slow
@pytest.mark.parametrize("stride", [0, -8, "8", None, 0.5])
def test_a_stride_that_is_no_whole_number_is_refused(stride: object, tmp_path: Path) -> None:
    _saying(tmp_path / "x.onnx", "stride", stride)
    with pytest.raises(ColorunetError, match=r"x\.onnx: can't be run \(stride: expected a whole"):
        OnnxNetwork(tmp_path / "x.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["Loop", "function"])
def test_a_file_that_could_run_for_ever_is_refused(wrong: str, tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    luma = helper.make_tensor_value_info("luma", TensorProto.FLOAT, [1, 1, 8, 8])
    flag = helper.make_tensor_value_info("flag", TensorProto.BOOL, [])
    again = helper.make_node("Identity", ["flag"], ["flag_out"])
    inside = [helper.make_tensor_value_info("number", TensorProto.INT64, []), flag]
    answer = helper.make_tensor_value_info("flag_out", TensorProto.BOOL, [])
    body = helper.make_graph([again], "body", inside, [answer])
    flag_given = helper.make_tensor("flag_given", TensorProto.BOOL, [], [True])
    endless = helper.make_node("Loop", ["", "flag_given"], [], body=body)
    nodes = [helper.make_node("Identity", ["luma"], ["logits"])]
    graph = helper.make_graph(
        nodes + [endless] * (wrong == "Loop"),
        "graph",
        [luma],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 1, 8, 8])],
        initializer=[flag_given],
    )
    function = helper.make_function(
        "ours", "Wait", ["a"], ["b"], [helper.make_node("Identity", ["a"], ["b"])],
        [helper.make_opsetid("", 18)],
    )  # fmt: skip
    model = helper.make_model(graph, functions=[function] * (wrong == "function"))
    helper.set_model_props(model, {"colorunet": json.dumps({"stride": 8, "logits_stride": 1})})
    (tmp_path / "x.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ColorunetError, match=rf"x\.onnx: can't be run \(it has .*{wrong}"):
        OnnxNetwork(tmp_path / "x.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("stride", [1, 4, 16])
def test_logits_of_another_size_than_promised_are_refused(stride: int, tmp_path: Path) -> None:
    assert _saying(tmp_path / "x.onnx", "logits_stride", stride) != stride
    file = OnnxNetwork(tmp_path / "x.onnx")
    with pytest.raises(ColorunetError, match=r"x\.onnx: can't be run \(logits of the shape"):
        file.logits(np.zeros((64, 64), np.uint8), Averaging())


@pytest.mark.slow
def test_a_network_for_another_palette_is_refused(photo: np.ndarray, tmp_path: Path) -> None:
    palette = Palette.from_dict(read_meta(shipped_run(), "best")["palette"])
    network = build_network(NetworkSettings("unet", width=8, depth=2), bins=6, size=64)
    with pytest.raises(ColorunetError, match="the network has 6 bins, its palette has 32"):
        Colorizer(network, palette).chroma(photo)


def test_the_library_reports_to_nobody(photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / "photo.png")
    (tmp_path / "home").mkdir()
    environment = os.environ | {"HOME": str(tmp_path / "home")}
    for name in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    words = ["photo.png", "--network", "colorunet-listed", "--working-edge", "32", "--scales", "1"]
    subprocess.run(
        [sys.executable, "-m", "colorunet", *words], cwd=tmp_path, env=environment, check=True
    )
    assert list((tmp_path / "home").rglob("*")) == []


def test_the_library_is_loaded_at_one_place() -> None:
    root = Path(onnx_network.__file__).parents[2]
    loading = [path.name for path in root.rglob("*.py") if "import onnxruntime" in path.read_text()]
    assert sorted(loading) == ["hub.py", "onnx_runtime.py"]  # the first in a model card's example
