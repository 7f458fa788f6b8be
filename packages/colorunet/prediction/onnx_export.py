"""A trained network as an ONNX file that runs at any size without torch."""

import json
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from colorfiles.files import write_atomically
from colorunet.errors import ColorunetError
from colorunet.networks import PixelClassifier
from colorunet.prediction.onnx_network import OnnxNetwork
from colorunet.prediction.test_time_augmentation import Averaging
from colorunet.prediction.torch_network import TorchNetwork

_OPSET = 17
_INSTALL = "pip install '.[onnx]'"
_MOST_APART = 0.05  # of logits, which spread over tens; half precision takes a hundredth
_LEAST_HALVED = 1024  # numbers; smaller tensors stay in float32


class _Coarse(nn.Module):
    """What is exported: from luma at a multiple of the stride to logits at their own size."""

    def __init__(self, network: PixelClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, luma: Tensor) -> Tensor:
        return self.network.coarse_logits(luma)


def export_onnx(network: PixelClassifier, path: Path, *, half: bool = True) -> float:
    """Write ``path``: input ``luma`` (1, 1, H, W), output ``logits`` (1, n, H / s, W / s).

    H and W are multiples of the network's stride, which stands in the file's metadata with s; what
    is before and after, ``OnnxNetwork`` does. With ``half`` the parameters are stored in float16
    and cast when the file is loaded: half the room, and float32 is what it computes in.

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
    module = _Coarse(network).eval()
    luma = torch.zeros(1, 1, 2 * network.stride, 3 * network.stride)
    with write_atomically(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's other exporter takes a hundred times as long
        torch.onnx.export(
            module,
            (luma,),
            str(temporary),
            dynamo=False,
            input_names=["luma"],
            output_names=["logits"],
            dynamic_axes={"luma": {2: "h", 3: "w"}, "logits": {2: "hs", 3: "ws"}},
            opset_version=_OPSET,
        )
        model = onnx.load(str(temporary))
        if half:
            _halve(model)
        about = {"stride": network.stride, "logits_stride": network.logits_stride}
        onnx.helper.set_model_props(model, {"colorunet": json.dumps(about)})
        onnx.save(model, str(temporary))
        apart = _difference(network, temporary)
        if not apart < _MOST_APART:
            raise ColorunetError(f"export: the file's logits are {apart:.2g} from torch's")
    return apart


def _difference(network: PixelClassifier, path: Path) -> float:
    luma = np.random.default_rng(0).integers(0, 256, (200, 312), dtype=np.uint8)
    of_file = OnnxNetwork(path).logits(luma, Averaging())
    of_torch = TorchNetwork(network, "cpu").logits(luma, Averaging())
    return float(np.abs(of_file - of_torch.numpy()).max())


def _halve(model: "onnx.ModelProto") -> None:  # type: ignore[name-defined]
    import onnx  # noqa: PLC0415

    casts = []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _LEAST_HALVED:
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}/half"))
        casts.append(
            onnx.helper.make_node("Cast", [f"{name}/half"], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
