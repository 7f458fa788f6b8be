"""Damaged networks and what lies around them: ONNX files, parameters, states of fits, samples."""

import contextlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
import zstandard
from damage import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from colorunet.coloring.averaging import Averaging
from colorunet.coloring.onnx_network import OnnxNetwork
from colorunet.errors import ColorunetError
from colorunet.parameters.checkpoint import load_run, save_parameters, save_tensors
from colorunet.parameters.onnx_properties import onnx_properties
from colorunet.parameters.shipped import ONNX_FILE, shipped_run
from trainer.config.recipe import Recipe
from trainer.data.sample_decoder import SampleDecoder
from trainer.errors import TrainerError
from trainer.runs.folder import RunFolder

fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@fuzz
@given(data=st.binary() | damaged((shipped_run("colorunet-listed") / ONNX_FILE).read_bytes()))
def test_onnx_files(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(data)
    with contextlib.suppress(ValueError):
        onnx_properties(path)
    parameters = tmp_path / "best.safetensors"
    if not parameters.exists():
        parameters.write_bytes((shipped_run("colorunet-listed") / parameters.name).read_bytes())
    with contextlib.suppress(ColorunetError):
        OnnxNetwork(path, threads=1).logits(np.zeros((32, 32), np.uint8), Averaging())


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory, small_palette) -> Path:
    from colorunet.networks import build_network

    run = tmp_path_factory.mktemp("run")
    recipe = Recipe().with_overrides(["width=8", "depth=2"])
    network = build_network(recipe.network, bins=small_palette.n, size=32)
    meta = {"step": 1, "size": 32, "recipe": recipe.to_dict(), "palette": small_palette.to_dict()}
    save_parameters(run, "best", network.state_dict(), meta)
    return run


@fuzz
@given(data=st.data())
def test_parameters(data: st.DataObject, small_run: Path, tmp_path: Path) -> None:
    for name in ("best.json", "best.safetensors"):
        (tmp_path / name).write_bytes((small_run / name).read_bytes())
    name = data.draw(st.sampled_from(["best.json", "best.safetensors"]))
    (tmp_path / name).write_bytes(data.draw(damaged((small_run / name).read_bytes())))
    with contextlib.suppress(ColorunetError):
        load_run(tmp_path)


headers = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
).map(json.dumps)


@fuzz
@given(header=headers | st.text(), step=headers)
def test_states_of_fits(header: str, step: str, tmp_path: Path) -> None:
    Recipe()
    tensors = {"a": torch.zeros(2)}
    save_tensors(tmp_path / "optim-last.safetensors", tensors, {"progress": header})
    (tmp_path / "last.json").write_text('{"step": ' + step + "}")
    run = RunFolder(tmp_path)
    with contextlib.suppress(TrainerError):
        run.load_state()
    assert run.step_of("last") is None  # there are no parameters


def _members() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    members = {"bins.zst": zstandard.ZstdCompressor().compress(bytes(16 * 16))}
    for name, shape, kind in (("y.jpg", (16, 16), "JPEG"), ("rgb.jpg", (16, 16, 3), "JPEG")):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(buffer, kind, quality=95)
        members[name] = buffer.getvalue()
    return members


_MEMBERS = _members()


@fuzz
@given(data=st.data())
def test_samples(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(_MEMBERS)))
    members = {
        "__key__": "a",
        "__url__": "a.tar",
        **_MEMBERS,
        name: data.draw(st.binary() | damaged(_MEMBERS[name])),
    }
    with contextlib.suppress(TrainerError):
        sample = SampleDecoder(bins=4, size=16, with_rgb=True)(members)
        assert sample.luma.shape == sample.bins.shape == (16, 16)
        assert set(np.unique(sample.bins)) <= {0, 1, 2, 3, 255}
