"""LPIPS and FID: files that are held to their digest, and networks whose answers are known.

The networks are the real ones with parameters drawn at random: what they say of colours means
nothing, but what must be nought is, and more change is more.
"""

import collections
import hashlib
import io
import json
import os
import socket
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from colorunet.networks import build_network
from colorunet.networks.efficientnet import EfficientNetLite0Classifier
from colorunet.networks.torchvision_import import import_torchvision
from colorunet.parameters.checkpoint import save_parameters
from colorunet.parameters.published import PUBLISHED
from trainer.cli import app
from trainer.config.recipe import Recipe
from trainer.errors import TrainerError
from trainer.evaluation import pretrained
from trainer.evaluation.imagenet import class_in
from trainer.evaluation.perceptual import (
    Gaussian,
    PerceptualNetworks,
    PerceptualPass,
    frechet_distance,
)
from trainer.evaluation.pretrained import ParameterFile

pytestmark = pytest.mark.slow


def _keep(folder: Path, what: str, content: object, **options: Any) -> ParameterFile:
    """Save parameters under a name that ends in the beginning of their SHA-256."""
    draft = folder / "draft"
    torch.save(content, draft, **options)
    digest = hashlib.sha256(draft.read_bytes()).hexdigest()[:8]
    file = ParameterFile(f"https://parameters.invalid/{what}-{digest}.pth", f"random {what}")
    draft.rename(folder / file.name)
    return file


def _drawn(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    # He's initialisation: with torch's own, hardly anything is left after fifty layers.
    torch.manual_seed(4)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return network.state_dict()


@dataclass(frozen=True)
class Parameters:
    folder: Path
    alexnet: ParameterFile
    inception: ParameterFile
    lite0: ParameterFile


@pytest.fixture(scope="module")
def parameters(
    tmp_path_factory: pytest.TempPathFactory,
    published_like: Callable[[EfficientNetLite0Classifier], dict[str, torch.Tensor]],
) -> Parameters:
    """Both networks' parameters under names of their own digests, in torch's two file formats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_torchvision()
        import torchvision
        from torch_fidelity import FeatureExtractorInceptionV3
    features = torchvision.models.alexnet(weights=None).features

    class Unloaded(FeatureExtractorInceptionV3):
        def load_state_dict(self, *_: object, **__: object) -> None:
            """Leave the parameters as they come."""

    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    inception = Unloaded("inception", ["2048"], feature_extractor_weights_path=nothing)
    folder = tmp_path_factory.mktemp("parameters")
    trunk = {f"features.{name}": tensor for name, tensor in _drawn(features).items()}
    alexnet = collections.OrderedDict(trunk | {"classifier.6.bias": torch.zeros(1000)})
    return Parameters(
        folder,
        _keep(folder, "alexnet-owt", alexnet),
        _keep(folder, "weights-inception", _drawn(inception), _use_new_zipfile_serialization=False),
        _keep(folder, "efficientnet-lite0", published_like(EfficientNetLite0Classifier())),
    )


@pytest.fixture(autouse=True)
def expected(parameters: Parameters, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the files of these tests those that are looked for, and the network a fault."""
    monkeypatch.setattr(pretrained, "ALEXNET", parameters.alexnet)
    monkeypatch.setattr(pretrained, "INCEPTION", parameters.inception)
    monkeypatch.setattr(pretrained, "LITE0", parameters.lite0)
    monkeypatch.setattr(pretrained, "installed_file", lambda _: None)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def opened(parameters: Parameters) -> PerceptualNetworks:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretrained, "ALEXNET", parameters.alexnet)
        patch.setattr(pretrained, "INCEPTION", parameters.inception)
        patch.setattr(pretrained, "LITE0", parameters.lite0)
        return PerceptualNetworks.open(parameters.folder)


def _gray(rgb: np.ndarray) -> np.ndarray:
    return np.repeat(rgb.mean(axis=-1, keepdims=True), 3, axis=-1)


def test_truth_is_no_distance_from_itself_and_gray_is_further_than_half_the_color(
    opened: PerceptualNetworks, crops: Callable[[int, int], list[np.ndarray]]
) -> None:
    seen = PerceptualPass(opened)
    for crop in crops(4, 40):
        truth = crop / 255
        gray = _gray(truth)
        seen.add(truth, {"same": truth, "half": (truth + gray) / 2, "gray": gray})
    result = seen.finish(draws=50, seed=0)
    assert result.images == 4
    assert result.lpips is not None
    assert result.fid is not None
    assert result.lpips["same"].value == pytest.approx(0, abs=1e-9)
    assert result.fid["same"].value == pytest.approx(0, abs=1e-6)
    for figures in (result.lpips, result.fid):
        values = [figures[name].value or 0.0 for name in ("same", "half", "gray")]
        assert values == sorted(values)
        assert values[1] > 100 * max(values[0], 1e-9)
    gray_lpips = result.lpips["gray"]
    assert gray_lpips.low is not None
    assert gray_lpips.high is not None
    assert gray_lpips.low <= (gray_lpips.value or 0) <= gray_lpips.high
    assert seen.per_image("gray")["lpips"].mean() == pytest.approx(gray_lpips.value)


def test_lpips_is_what_the_library_says_of_the_same_pictures(
    opened: PerceptualNetworks, crops: Callable[[int, int], list[np.ndarray]]
) -> None:
    truth, other = (crop / 255 for crop in crops(2, 40))
    seen = PerceptualPass(opened)
    seen.add(truth, {"other": other})
    tensors = [torch.from_numpy(rgb).permute(2, 0, 1)[None].float() for rgb in (other, truth)]
    assert opened.lpips is not None
    expected = float(opened.lpips(*tensors, normalize=True).detach())
    assert seen.per_image("other")["lpips"][0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("images", [12, 80])  # fewer and more than there are features
def test_the_frechet_distance_is_torch_fidelitys(images: int, opened: PerceptualNetworks) -> None:
    from torch_fidelity.metric_fid import (
        KEY_METRIC_FID,
        fid_features_to_statistics,
        fid_statistics_to_metric,
    )

    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(images, 24)), rng.normal(0.2, 1.5, size=(images, 24))
    statistics = [fid_features_to_statistics(torch.from_numpy(f)) for f in (first, second)]
    theirs = fid_statistics_to_metric(*statistics, verbose=False)[KEY_METRIC_FID]
    ours = frechet_distance(Gaussian.of(first), Gaussian.of(second))
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert frechet_distance(Gaussian.of(first), Gaussian.of(first)) == pytest.approx(0, abs=1e-9)


def test_one_image_has_an_lpips_and_no_fid(
    opened: PerceptualNetworks, crops: Callable[[int, int], list[np.ndarray]]
) -> None:
    seen = PerceptualPass(opened)
    truth = crops(1, 40)[0] / 255
    seen.add(truth, {"gray": _gray(truth)})
    result = seen.finish(draws=10, seed=0)
    assert result.lpips is not None
    assert result.fid is not None
    assert result.lpips["gray"].value
    assert result.fid["gray"].value is None


def test_a_classifier_keeps_the_class_of_truth_and_sees_gray_as_further_off(
    opened: PerceptualNetworks, crops: Callable[[int, int], list[np.ndarray]]
) -> None:
    seen = PerceptualPass(opened)
    for crop in crops(4, 40):
        truth = crop / 255
        seen.add(truth, {"same": truth, "gray": _gray(truth), "inverted": 1 - truth})
    result = seen.finish(draws=20, seed=0)
    assert result.class_kept is not None
    assert result.frechet_lite0 is not None
    assert result.class_kept["same"].value == 1
    distances = [result.frechet_lite0[name].value or 0.0 for name in ("same", "gray", "inverted")]
    assert distances[0] == pytest.approx(0, abs=1e-6)
    assert distances == sorted(distances)


def test_the_semantic_test_counts_the_labelled_images_alone(opened: PerceptualNetworks) -> None:
    rng = np.random.default_rng(2)
    passed = PerceptualPass(opened)
    assert opened.classifier is not None
    for labelled in (True, False, True):
        truth = rng.random((64, 64, 3), dtype=np.float32)
        gray = np.repeat(truth.mean(axis=-1, keepdims=True), 3, axis=-1)
        rounded = torch.from_numpy(np.round(truth * 255)).permute(2, 0, 1)[None] / 255
        with torch.inference_mode():
            label = int(opened.classifier(rounded).argmax())
        passed.add(truth, {"prediction": truth, "gray": gray}, label if labelled else None)
    told = passed.finish(draws=10, seed=0)
    assert told.labelled == 2
    assert told.images == 3
    assert told.class_found is not None
    assert told.class_found["truth"].value == 1
    assert told.class_found["prediction"].value == 1
    gray_found = told.class_found["gray"].value
    if gray_found == 1:
        assert told.class_won_back is None
    else:
        assert told.class_won_back is not None
        assert told.class_won_back["prediction"].value == 1
        assert told.class_won_back["gray"].value == 0


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("folder-n01514859-hen-7d669e-1d07e3abea-v0", 8),
        ("n01440764", 0),
        ("imagenet/n15075141/1.jpg", 999),
        ("folder-plain-n0151485-v0", None),
        ("n99999999", None),
        ("xn01514859", None),
        ("n015148591", None),
    ],
)
def test_a_name_tells_the_class_by_the_rank_of_its_synset(name: str, rank: int | None) -> None:
    assert class_in(name) == rank


def test_views_too_small_for_alexnet_are_refused(opened: PerceptualNetworks) -> None:
    with pytest.raises(TrainerError, match="at least 31 px, given 30 × 30"):
        PerceptualPass(opened).add(np.zeros((30, 30, 3)), {"gray": np.zeros((30, 30, 3))})


def test_where_no_file_is_the_message_says_which_and_where_from(
    parameters: Parameters, tmp_path: Path
) -> None:
    for folder in (tmp_path, tmp_path / "not-there"):
        with pytest.raises(TrainerError) as raised:
            PerceptualNetworks.open(folder)
        message = str(raised.value)
        assert "\n" not in message
        for part in (str(folder), parameters.alexnet.address, parameters.inception.address):
            assert part in message


@pytest.mark.parametrize("damage", ["cut", "flipped"])
@pytest.mark.parametrize("which", ["alexnet", "inception", "lite0"])
def test_a_damaged_file_is_refused_by_name(
    which: str, damage: str, parameters: Parameters, tmp_path: Path
) -> None:
    file = getattr(parameters, which)
    data = bytearray((parameters.folder / file.name).read_bytes())
    if damage == "cut":
        del data[-100:]
    else:
        data[len(data) // 2] ^= 1
    (tmp_path / file.name).write_bytes(data)
    with pytest.raises(TrainerError, match=f"{file.name}: its SHA-256 begins with"):
        PerceptualNetworks.open(tmp_path)


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self._folder),)


@pytest.mark.parametrize("constant", ["ALEXNET", "INCEPTION", "LITE0"])
def test_nothing_is_unpickled_from_a_file_of_the_right_name(
    constant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _keep(tmp_path, "bomb", {"features.0.weight": Bomb(tmp_path / "gone-off")})
    monkeypatch.setattr(pretrained, constant, file)
    with pytest.raises(TrainerError, match=file.name):
        PerceptualNetworks.open(tmp_path)
    assert not (tmp_path / "gone-off").exists()


@pytest.mark.parametrize("constant", ["ALEXNET", "INCEPTION", "LITE0"])
@pytest.mark.parametrize(
    "content",
    [{"features.0.weight": torch.zeros(3)}, {"features": {}}, [1, 2]],
    ids=["other tensors", "no tensors", "a list"],
)
def test_a_file_that_holds_something_else_is_refused(
    content: object, constant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _keep(tmp_path, "other", content)
    monkeypatch.setattr(pretrained, constant, file)
    with pytest.raises(TrainerError, match=f"{file.name}: doesn't hold random other"):
        PerceptualNetworks.open(tmp_path)


@pytest.mark.parametrize("module", ["lpips", "torch_fidelity", "torchvision"])
def test_without_the_extra_the_message_says_what_to_install(
    module: str, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(TrainerError) as raised:
        PerceptualNetworks.open(parameters.folder)
    assert "pip install '.[perceptual]'" in str(raised.value)
    assert module in str(raised.value)


def test_the_digests_are_those_of_torch_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert pretrained.ALEXNET.name == "alexnet-owt-7be5be79.pth"
    assert pretrained.ALEXNET.digest == "7be5be79"
    assert pretrained.INCEPTION.name == "weights-inception-2015-12-05-6726825d.pth"
    assert pretrained.INCEPTION.digest == "6726825d"
    assert pretrained.LITE0.name == "efficientnet-lite0-57934424.pth"
    assert pretrained.LITE0.digest == PUBLISHED["efficientnet-lite0"].sha256
    assert len(pretrained.LITE0.digest) == 64


@pytest.fixture(scope="module")
def shards(make_shards: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shards(tmp_path_factory.mktemp("s"), train=(2,), val=(3,), size=48)


@pytest.fixture(scope="module")
def run(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    palette = json.loads((shards / "index.json").read_text())["palette"]
    recipe = Recipe.from_dict({"network": {"width": 8, "depth": 3}})
    network = build_network(recipe.network, bins=len(palette["centers"]), size=48)
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    meta = {"palette": palette, "recipe": recipe.to_dict(), "size": 48, "step": 1}
    save_parameters(folder, "best", network.state_dict(), meta)
    return folder


def test_json_holds_the_figures_and_what_they_are(
    run: Path, shards: Path, parameters: Parameters
) -> None:
    arguments = ["evaluate", str(run), str(shards), "--split", "val", "--json"]
    result = CliRunner().invoke(app, [*arguments, "--perceptual", str(parameters.folder)])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["perceptual"]["images"] == told["samples"] == 3
    for measure in ("lpips", "fid", "frechet_lite0"):
        figures = told["perceptual"][measure]
        assert set(figures) == {"prediction", "quantized_truth", "gray"}
        assert figures["gray"]["value"] > figures["quantized_truth"]["value"] > 0
    lpips = told["perceptual"]["lpips"]["prediction"]
    assert lpips["low"] <= lpips["value"] <= lpips["high"]
    assert set(told["not_measured"]) == {"class_found", "class_won_back"}
    assert "n01514859" in told["not_measured"]["class_found"]
    assert "v0.1, AlexNet" in told["definitions"]["lpips"]
    assert "biased upwards for few images" in told["definitions"]["fid"]
    single = [image["measures"]["lpips"] for image in told["images"]]
    assert np.mean(single) == pytest.approx(lpips["value"])


def test_with_one_file_the_other_measure_stays_unmeasured_and_says_what_it_needs(
    run: Path, shards: Path, parameters: Parameters, tmp_path: Path
) -> None:
    (tmp_path / parameters.alexnet.name).symlink_to(parameters.folder / parameters.alexnet.name)
    arguments = ["evaluate", str(run), str(shards), "--split", "val", "--json"]
    told = json.loads(CliRunner().invoke(app, [*arguments, "--perceptual", str(tmp_path)]).stdout)
    assert told["perceptual"]["lpips"]["gray"]["value"] > 0
    assert told["perceptual"]["fid"] is None
    reason = told["not_measured"]["fid"]
    assert parameters.inception.address in reason
    assert "--perceptual" in reason
    of_classifier = {"class_kept", "class_found", "class_won_back", "frechet_lite0"}
    assert set(told["not_measured"]) == {"fid"} | of_classifier
    assert "fid" not in told["definitions"]


def test_table_and_page_show_both_and_warn_of_few_images(
    run: Path, shards: Path, parameters: Parameters, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    arguments = ["evaluate", str(run), str(shards), "--split", "val", "--html", str(page)]
    result = CliRunner().invoke(app, [*arguments, "--perceptual", str(parameters.folder)])
    assert result.exit_code == 0, result.output
    rows = {line.split("  ")[0]: line for line in result.stdout.splitlines()}
    assert rows["LPIPS"].split()[-3:][1] == "to"  # an interval
    assert "from 3 images; biased upwards for few images" in result.stdout
    text = page.read_text()
    for part in (
        '<th scope="row">LPIPS</th>',
        "FID from 3 images; biased upwards",
        "Heusel et al. 2017",
    ):
        assert part in text
    assert parameters.alexnet.address not in text  # what it needs is said where it isn't measured
    assert "n01514859" in text


def test_a_folder_without_files_ends_the_command_before_any_work(
    run: Path, shards: Path, tmp_path: Path
) -> None:
    arguments = ["evaluate", str(run), str(shards), "--split", "val"]
    result = CliRunner().invoke(app, [*arguments, "--perceptual", str(tmp_path)])
    assert result.exit_code == 1
    assert isinstance(result.exception, TrainerError)
    assert result.stdout == ""
