"""Import of torchvision whose compiled operators were built for another torch."""

import re

import torch

_MOST_OPERATORS = 8  # that may be missing one after the other, before the import is given up


def import_torchvision() -> None:
    """Import torchvision, even if this torch can't load its operators.

    On Linux the package index has it for CUDA only. With torch for CPUs its import fails on
    operators that it declares but can't load. No network here uses them, so they are declared.

    Raises:
        ModuleNotFoundError: it isn't installed.
    """
    for _ in range(_MOST_OPERATORS):
        try:
            import torchvision  # noqa: F401, PLC0415 - an extra
        except RuntimeError as error:
            missing = re.search(r"operator (torchvision::\w+) does not exist", str(error))
            if missing is None:
                raise
            torch.library.define(missing[1], "() -> ()")
        else:
            return
