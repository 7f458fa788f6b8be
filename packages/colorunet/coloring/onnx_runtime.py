"""ONNX Runtime, loaded with its telemetry off: its wheels report each model that they run."""

import os
from typing import Any

_SWITCH = "ORT_DISABLE_TELEMETRY"  # read by the library while it is loaded; its call comes too late


def onnx_runtime() -> Any:
    """Return the library with its telemetry off, unless the environment sets it.

    From 1.32 on it keeps a machine id and events below ``~/.cache`` and sends them to Microsoft.
    Code that loads it before this function has to set the variable itself.
    """
    os.environ.setdefault(_SWITCH, "1")
    import onnxruntime  # noqa: PLC0415 - takes a while

    return onnxruntime
