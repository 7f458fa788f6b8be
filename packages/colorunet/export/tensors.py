"""Tensors of an ONNX model: in half precision, or references into a safetensors file."""

from typing import Any

import numpy as np

from colorunet.parameters.tensor_layout import TensorLayout

_STORED = "/stored"
_LEAST_HALVED = 1024  # numbers; smaller tensors stay in float32


def store_halved(model: Any) -> None:
    """Store the larger tensors in float16, cast to float32 when the file is loaded."""
    import onnx  # noqa: PLC0415 - an extra

    names = []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= _LEAST_HALVED:
            names.append(tensor.name)
            half = values.astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(half, tensor.name + _STORED))
    _cast_first(model, names)


def point_into(model: Any, layout: TensorLayout, prefix: str) -> None:
    """Replace tensors by references to their places in a safetensors file.

    Args:
        model: an ``onnx.ModelProto``.
        layout: of the file.
        prefix: what the model's names of tensors have before the file's.
    """
    import onnx  # noqa: PLC0415 - an extra

    kinds = {"F32": onnx.TensorProto.FLOAT, "F16": onnx.TensorProto.FLOAT16}
    names = []
    for tensor in model.graph.initializer:
        place = layout.places.get(tensor.name.removeprefix(prefix))
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
    import onnx  # noqa: PLC0415 - an extra

    casts = [
        onnx.helper.make_node("Cast", [name + _STORED], [name], to=onnx.TensorProto.FLOAT)
        for name in names
    ]
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
