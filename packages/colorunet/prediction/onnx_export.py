"""A trained network as an ONNX file that runs at any size without torch."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from colorfiles.files import write_atomically
from colorunet.errors import ColorunetError
from colorunet.networks import PixelClassifier
from colorunet.parameters.tensor_layout import TensorLayout
from colorunet.prediction.onnx_network import PROPERTY, OnnxNetwork
from colorunet.prediction.test_time_augmentation import Averaging
from colorunet.prediction.torch_network import TorchNetwork

_OPSET = 17
_INSTALL = "pip install '.[onnx]'"
_MOST_APART = 0.05  # of logits, which spread over tens; half precision takes a hundredth
_PREFIX, _STORED = "network.", "/stored"
_LEAST_HALVED = 1024  # numbers; smaller tensors stay in float32


class _Coarse(nn.Module):
    """What is exported: from luma at a multiple of the stride to logits at their own size."""

    def __init__(self, network: PixelClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, luma: Tensor) -> Tensor:
        return self.network.coarse_logits(luma)


def export_onnx(network: PixelClassifier, path: Path, *, parameters: Path | None = None) -> float:
    """Write ``path``: input ``luma`` (1, 1, H, W), output ``logits`` (1, n, H / s, W / s).

    H and W are multiples of the network's stride, which stands in the file's metadata with s; what
    is before and after, ``OnnxNetwork`` does.

    Args:
        network: on the CPU.
        path: of the file.
        parameters: a safetensors file of the same network in the same folder: the ONNX file then
            points into it, takes some 100 kB itself, and uses whatever parameters stand there when
            it is loaded. None puts them into the file, in float16 that computes as float32.

    Returns:
        how far its logits are from torch's at most, at another size than it was made with.

    Raises:
        ColorunetError: the extra isn't installed, or the file gives something else than torch.
    """
    try:
        import onnx  # noqa: PLC0415 - an extra
        import onnxruntime  # noqa: F401, PLC0415 - likewise
    except ModuleNotFoundError as error:
        raise ColorunetError(f"export: {error.name} is not installed: {_INSTALL}") from None
    about: dict[str, Any] = {"stride": network.stride, "logits_stride": network.logits_stride}
    with write_atomically(path) as temporary:
        _trace(network, temporary)
        model = onnx.load(str(temporary))
        if parameters is None:
            _store_halved(model)
        else:
            layout = TensorLayout.of(parameters)
            _point_into(model, layout)
            about |= {"parameters": parameters.name, "layout": layout.digest}
        onnx.helper.set_model_props(model, {PROPERTY: json.dumps(about)})
        onnx.save(model, str(temporary))
        apart = _difference(network, temporary)
        if not apart < _MOST_APART:
            raise ColorunetError(f"export: the file's logits are {apart:.2g} from torch's")
    return apart


def _trace(network: PixelClassifier, path: Path) -> None:
    luma = torch.zeros(1, 1, 2 * network.stride, 3 * network.stride)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's other exporter takes a hundred times as long
        torch.onnx.export(
            _Coarse(network).eval(),
            (luma,),
            str(path),
            dynamo=False,
            input_names=["luma"],
            output_names=["logits"],
            dynamic_axes={"luma": {2: "h", 3: "w"}, "logits": {2: "hs", 3: "ws"}},
            opset_version=_OPSET,
        )


def _difference(network: PixelClassifier, path: Path) -> float:
    luma = np.random.default_rng(0).integers(0, 256, (200, 312), dtype=np.uint8)
    of_file = OnnxNetwork(path).logits(luma, Averaging())
    of_torch = TorchNetwork(network, "cpu").logits(luma, Averaging())
    return float(np.abs(of_file - of_torch.numpy()).max())


def _store_halved(model: Any) -> None:
    """Store the larger tensors in float16, cast to float32 when the file is loaded."""
    import onnx  # noqa: PLC0415

    names = []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= _LEAST_HALVED:
            names.append(tensor.name)
            half = values.astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(half, tensor.name + _STORED))
    _cast_first(model, names)


def _point_into(model: Any, layout: TensorLayout) -> None:
    """Replace the tensors that a safetensors file holds by their places in it."""
    import onnx  # noqa: PLC0415

    kinds = {"F32": onnx.TensorProto.FLOAT, "F16": onnx.TensorProto.FLOAT16}
    names = []
    for tensor in model.graph.initializer:
        place = layout.places.get(tensor.name.removeprefix(_PREFIX))
        if place is None or list(place.shape) != list(tensor.dims) or place.kind not in kinds:
            continue
        name, dims = tensor.name, list(tensor.dims)
        tensor.Clear()
        tensor.name, tensor.data_type = name, kinds[place.kind]
        tensor.dims.extend(dims)
        if place.kind == "F16":
            tensor.name += _STORED
            names.append(name)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (
            ("location", layout.name),
            ("offset", place.offset),
            ("length", place.length),
        ):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)
    _cast_first(model, names)


def _cast_first(model: Any, names: list[str]) -> None:
    import onnx  # noqa: PLC0415

    casts = [
        onnx.helper.make_node("Cast", [name + _STORED], [name], to=onnx.TensorProto.FLOAT)
        for name in names
    ]
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
