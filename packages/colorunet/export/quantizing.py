"""Quantization of convolutions to 8 bits, with ranges calibrated on photographs."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from jaxtyping import UInt8

from colorunet.coloring.onnx_runtime import onnx_runtime


def quantize(model: Path, photos: Sequence[UInt8[np.ndarray, "h w"]]) -> None:
    """Replace an ONNX file by an int8 one: weights per channel, activations by calibration.

    Args:
        model: the file.
        photos: luma, from which the ranges of the activations are learnt.
    """
    import logging  # noqa: PLC0415

    onnx_runtime()
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static  # noqa: PLC0415
    from onnxruntime.quantization.shape_inference import quant_pre_process  # noqa: PLC0415

    quiet, before = logging.getLogger(), logging.getLogger().level
    quiet.setLevel(logging.ERROR)
    try:
        with TemporaryDirectory() as folder:
            prepared = Path(folder) / "prepared.onnx"
            quant_pre_process(str(model), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                str(prepared),
                str(model),
                _reader(photos),
                quant_format=QuantFormat.QDQ,
                weight_type=QuantType.QInt8,
                per_channel=True,
            )
    finally:
        quiet.setLevel(before)


def _reader(photos: Sequence[UInt8[np.ndarray, "h w"]]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader  # noqa: PLC0415

    class Photos(CalibrationDataReader):
        """The photos, one after the other, as the library asks for them."""

        def __init__(self) -> None:
            self._left = iter(photos)

        def get_next(self) -> dict[str, np.ndarray] | None:
            """Return the next photo, None after the last."""
            luma = next(self._left, None)
            return None if luma is None else {"luma": luma[None, None].astype(np.float32) / 255}

    return Photos()
