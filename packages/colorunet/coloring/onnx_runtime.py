"""ONNX Runtime, loaded with its telemetry off: its wheels report each model that they run."""

import os
from typing import Any

_SWITCH = "ORT_DISABLE_TELEMETRY"  # read by the library while it is loaded; its call comes too late


def onnx_runtime() -> Any:
    """Return the library with its telemetry off, unless the environment says otherwise.

    From 1.32 on it would keep an id of this machine and events below ``~/.cache``, and send them
    to its makers. Who loads it elsewhere before has to set the variable there.
    """
    os.environ.setdefault(_SWITCH, "1")
    import onnxruntime  # noqa: PLC0415 - takes a while

    return onnxruntime
