"""Encoders of timm: features at the strides asked for, local parameters, and clear refusals."""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from colorunet.errors import ColorunetError
from colorunet.networks import NetworkSettings, build_network
from colorunet.networks.timm_encoder import TimmEncoder, _fix_norms, _timm, origin_of
from colorunet.parameters.checkpoint import load_run
from colorunet.parameters.published import published_file
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.training.loop import fit

pytestmark = pytest.mark.slow

SMALL = "timm/mobilenetv4_conv_small_035"  # 0.9 million parameters, batch norms
PURE = "timm/convnext_atto"  # layer norms; features at strides 4 to 32 alone


def _settings(encoder: str) -> NetworkSettings:
    return NetworkSettings("encoder-unet", encoder=encoder, logits_stride=4, padding="replicate")


@pytest.fixture(scope="module")
def parameters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of a whole classifier's parameters, as people have them."""
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("timm") / "model.safetensors"
    save_file(_timm().create_model(SMALL.removeprefix("timm/")).state_dict(), path)
    return path


@pytest.mark.parametrize("encoder", [SMALL, PURE])
def test_any_convolutional_encoder_gives_logits_for_images_of_any_size(encoder: str) -> None:
    network = build_network(_settings(encoder), bins=7, size=64).eval()
    with torch.inference_mode():
        assert network(torch.rand(2, 1, 70, 101)).shape == (2, 7, 70, 101)


def test_luma_is_seen_as_the_gray_image_that_the_encoder_was_trained_on() -> None:
    torch.manual_seed(0)
    encoder = TimmEncoder(PURE).eval()
    luma = torch.rand(1, 1, 64, 64)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    gray = (luma.expand(1, 3, 64, 64) - mean[:, None, None]) / std[:, None, None]
    with torch.inference_mode():
        for seen, expected in zip(encoder(luma), encoder.body(gray)[-4:], strict=True):
            assert torch.allclose(seen, expected, atol=1e-5)


def test_a_batch_norm_becomes_the_affine_map_that_it_is_when_predicting() -> None:
    torch.manual_seed(1)
    name = SMALL.removeprefix("timm/")
    with_norms = _timm().create_model(name, features_only=True)
    for module in with_norms.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        before = with_norms.eval()(image)
        _fix_norms(with_norms)
        after = with_norms.train()(image)
    assert not list(with_norms.buffers())
    for expected, given in zip(before, after, strict=True):
        assert torch.allclose(expected, given, atol=1e-4)


@pytest.mark.parametrize(
    ("encoder", "words"),
    [
        ("timm/vit_tiny_patch16_224", "expected features at strides 4, 8, 16 and 32"),
        ("timm/no_such_network", "timm has no such network"),
    ],
)
def test_an_encoder_that_wont_do_is_refused_by_name(encoder: str, words: str) -> None:
    with pytest.raises(ColorunetError, match=words) as raised:
        build_network(_settings(encoder), bins=7, size=64)
    assert encoder in str(raised.value)


@pytest.mark.parametrize("encoder", ["timm/hf-hub:some/one", "timm/../x", "timm/", "resnet18"])
def test_a_run_cant_name_an_address_or_a_path_as_its_encoder(encoder: str) -> None:
    with pytest.raises(ValueError, match=r"encoder: expected .* or timm/NAME"):
        _settings(encoder)


def test_without_timm_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(
        ColorunetError, match=r"timm is not installed: pip install '\.\[encoders\]'"
    ):
        TimmEncoder(SMALL)


def test_a_fit_starts_from_a_local_file_and_its_run_loads(
    make_shards: Callable[..., Path], parameters: Path, tmp_path: Path
) -> None:
    shards = ShardSet.open(make_shards(tmp_path / "s"))
    recipe = Recipe.load("colorunet").with_overrides(
        [
            *("max_steps=1", "batch_size=4", "crop=0", "ema=0", "workers=0", "aging=0"),
            *("freeze_steps=5", f"network.encoder={SMALL}", f"network.encoder_file={parameters}"),
        ]
    )
    fit(shards, tmp_path / "run", recipe)
    trained = load_run(tmp_path / "run", "last").network
    theirs = TimmEncoder(SMALL)
    theirs.load_pretrained(SMALL, parameters)
    ours = trained.state_dict()
    for name, tensor in theirs.body.named_parameters():
        assert torch.equal(ours[f"encoder.body.{name}"], tensor), name


def test_whose_parameters_they_are_is_known_and_the_file_by_its_hash(parameters: Path) -> None:
    assert origin_of("timm/convnext_atto.d2_in1k").license == "apache-2.0"
    published = published_file(SMALL, str(parameters))
    assert published.distribution == "timm"
    assert len(published.sha256) == 64
    assert published_file(SMALL).sha256 == ""


def _touches(path: Path) -> object:
    class Touch:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (str(path),)

    return Touch()


def test_a_file_with_code_in_it_is_refused_and_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap.pth"
    torch.save({"classifier.weight": _touches(tmp_path / "ran")}, trap)
    raw = tmp_path / "raw.pth"
    raw.write_bytes(pickle.dumps(_touches(tmp_path / "ran")))
    for file in (trap, raw, tmp_path / "missing.safetensors"):
        with pytest.raises(ColorunetError, match=r"can't be used") as raised:
            TimmEncoder(SMALL).load_pretrained(SMALL, file)
        assert str(file) in str(raised.value)
    assert not (tmp_path / "ran").exists()


def test_without_a_network_the_message_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ColorunetError, match=r"network\.encoder_file"):
        TimmEncoder(PURE).load_pretrained(PURE, None)
