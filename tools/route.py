"""Route of a command's argument: functions, modules, returns and climbs of a real call.

    python tools/route.py fit SHARDS       # the shard set, through `trainer fit`
    python tools/route.py colorize FILE    # a photo or clip, through `colorunet colorize`

A function of packages/ is on the route if it is given the value that is followed, or an object of
ours that holds it. It counts once, at its first call. A return is a step from one such function to
the next that leads into a module that was left before: there a reader turns back to a file. A climb
is a call into a room above the caller's, in the order of the rooms in docs/architecture.md.
"""

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ROOT / "packages"
# From the lowest; trainer and dataprep stand beside each other.
PACKAGE_ORDER = ("colorcore", "colorfiles", "colorunet", "trainer", "dataprep")
QUICK_FIT = "width=8 depth=3 epochs=2 batch_size=4 crop=16 workers=0 threads=1"
_DEEPEST = 6  # objects within objects that are searched for what is followed
Holds = Callable[[Any], bool]


@dataclass(frozen=True)
class Step:
    """The first call of a function on the route, with its module in packages/."""

    module: str
    function: str
    caller: str

    def __str__(self) -> str:
        """The module and the function."""
        return f"{self.module}: {self.function}"

    @property
    def climbs(self) -> bool:
        """Whether the called module lies in a room above the caller's."""
        return bool(self.caller) and _floor(self.module) > _floor(self.caller)


@dataclass(frozen=True)
class Route:
    """The functions on the route, in the order of their first calls."""

    steps: tuple[Step, ...]

    @property
    def modules(self) -> set[str]:
        """The modules on the route."""
        return {step.module for step in self.steps}

    @property
    def returns(self) -> list[Step]:
        """Steps into a module that was left before."""
        found, left = [], set()
        for here, there in pairwise(self.steps):
            if here.module != there.module:
                left.add(here.module)
                if there.module in left:
                    found.append(there)
        return found

    @property
    def climbs(self) -> list[Step]:
        """Calls into a room above the caller's."""
        return [step for step in self.steps if step.climbs]

    def __str__(self) -> str:
        """The counts, then every step with its marks."""
        returns = set(map(id, self.returns))
        lines = [
            f"{len(self.steps)} functions, {len(self.modules)} modules, "
            f"{len(returns)} returns, {len(self.climbs)} climbs"
        ]
        for step in self.steps:
            marks = ["return"] * (id(step) in returns) + ["climb"] * step.climbs
            lines.append(f"  {step}  {' '.join(marks)}".rstrip())
        return "\n".join(lines)


def route_of_fit(shards: Path, out: Path) -> Route:
    """Follow the shard set through a short ``trainer fit``."""
    from trainer.cli.fit import command
    from trainer.data.shard_set import ShardSet

    settings = [word for key in QUICK_FIT.split() for word in ("--set", key)]
    arguments = [str(shards), "--out", str(out), *settings]

    def holds(value: Any) -> bool:
        return value is ShardSet or isinstance(value, ShardSet)

    return _followed(lambda: command.main(arguments, standalone_mode=False), holds)


def route_of_colorize(photo: Path, out: Path) -> Route:
    """Follow the path of a photo or clip through ``colorunet colorize``, to what reads it."""
    from colorunet.cli.colorize import command

    arguments = [str(photo), "--out", str(out)]

    def holds(value: Any) -> bool:
        return isinstance(value, str | Path) and str(value) == str(photo)

    return _followed(lambda: command.main(arguments, standalone_mode=False), holds)


def _followed(run: Callable[[], Any], holds: Holds) -> Route:
    steps: dict[tuple[str, str], Step] = {}

    def watch(frame: FrameType, event: str, _: Any) -> None:
        module = _module(frame.f_code.co_filename)
        name = frame.f_code.co_qualname
        if event != "call" or not module or "<" in frame.f_code.co_name or (module, name) in steps:
            return
        code = frame.f_code
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)  # *args and **kwargs
        if any(_reaches(frame.f_locals.get(one), holds) for one in code.co_varnames[:count]):
            steps[module, name] = Step(module, name, _caller(frame))

    with _profiled(watch), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        run()
    return Route(tuple(steps.values()))


@contextmanager
def _profiled(watch: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    """Call ``watch`` on every call of this thread and of those that are started meanwhile."""
    before = sys.getprofile()
    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


def _caller(frame: FrameType) -> str:
    outer = frame.f_back
    while outer is not None and not _module(outer.f_code.co_filename):
        outer = outer.f_back
    return "" if outer is None else _module(outer.f_code.co_filename)


def _reaches(value: Any, holds: Holds, deep: int = _DEEPEST) -> bool:
    if holds(value):
        return True
    if deep == 0:
        return False
    parts: Any = ()
    if isinstance(value, tuple | list):
        parts = value
    elif isinstance(value, dict):
        parts = value.values()
    elif type(value).__module__.partition(".")[0] in PACKAGE_ORDER:
        slots = getattr(type(value), "__slots__", ())
        parts = [getattr(value, name, None) for name in slots]
        parts += getattr(value, "__dict__", {}).values()
    return any(_reaches(part, holds, deep - 1) for part in parts)


@cache
def _module(file: str) -> str:
    path = Path(file)
    return path.relative_to(PACKAGES).as_posix() if path.is_relative_to(PACKAGES) else ""


@cache
def _floor(module: str) -> tuple[int, int]:
    """Return a module's package and room as numbers, the lowest first."""
    package, _, rest = module.partition("/")
    room = rest.split("/")[0].removesuffix(".py")
    return PACKAGE_ORDER.index(package), _rooms().get(package, {}).get(room, -1)


@cache
def _rooms() -> dict[str, dict[str, int]]:
    """Return the floor of each room by package, as the table of docs/architecture.md draws them."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (`\w+`.*→.*) \|$", page, flags=re.MULTILINE)
    return {
        package: {
            room: floor
            for floor, rooms in enumerate(row.partition(";")[0].split("→"))
            for room in re.findall(r"`(\w+)`", rooms)
        }
        for package, row in rows
    }


def main() -> None:
    """Print the requested route."""
    kind, path = sys.argv[1:]
    with TemporaryDirectory() as out:
        follow = {"fit": route_of_fit, "colorize": route_of_colorize}[kind]
        print(follow(Path(path), Path(out) / "out"))


if __name__ == "__main__":
    main()
