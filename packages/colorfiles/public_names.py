"""Public names of a package, each imported when it is asked for, so that nothing heavy loads."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def imported_when_asked(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a module's ``__getattr__``.

    Args:
        package: the name of the package.
        homes: the module of each public name.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(homes[name]), name)

    return find
