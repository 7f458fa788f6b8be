"""A file that no command of ours wrote is never replaced: it is named, and the exit code is 3."""

import importlib
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from PIL import Image
from soak_parts.commands import NAMES, NETWORK, Command, Workshop
from soak_parts.warm_start import WarmStart

pytestmark = pytest.mark.faults
FOREIGN = b"precious"
MORE = ("restore", "page", "colorize-with-evidence", "film-with-record")
# Read before anything is written: a run is what is calibrated, and its best.json what is loaded.
WRITE_NOTHING_NEW = ("calibrate", "refresh")


def _command(shop: Workshop, name: str, tmp_path: Path) -> Command:
    if name == "restore":
        Image.new("RGB", (40, 30), "gray").save(tmp_path / "colored.png")
        return Command(("colorunet", "restore", str(tmp_path / "colored.png"), "-o", "OUT/a.tif"))
    if name == "page":
        return Command(("colorunet", "page", "OUT"))
    if name == "colorize-with-evidence":
        Image.new("L", (40, 30), 99).save(tmp_path / "a.bmp")  # the mark goes beside it
        words = ("colorunet", str(tmp_path / "a.bmp"), "--network", NETWORK, "--out", "OUT")
        return Command((*words, "--record", "--compare"))
    if name == "film-with-record":
        return Command((*shop.command("film").words, "--record"))
    return shop.command(name)


def _has_overwrite(words: tuple[str, ...]) -> bool:
    group = importlib.import_module(f"{words[0]}.cli").app
    name = words[1] if words[1] in group.list_commands(None) else "colorize"
    command = group.get_command(click.Context(group), name)
    return any("--overwrite" in parameter.opts for parameter in command.params)


@pytest.fixture
def run_in(workshop: tuple[Workshop, WarmStart]) -> Callable[[tuple[str, ...]], tuple[int, str]]:
    """Runs words to their end: exit code and what was said."""

    def run(words: tuple[str, ...]) -> tuple[int, str]:
        running = workshop[1].start(words)
        return running.wait(), running.err.read_text()

    return run


def _one_of_each_kind(out: Path, before: set[Path]) -> list[Path]:
    """Return an output of each suffix and folder, relative; hidden ones and locks aside."""
    kinds: dict[tuple[Path, str], Path] = {}
    for path in sorted(out.rglob("*")):
        inside = path.relative_to(out)
        if path.is_file() and inside not in before and not inside.name.startswith("."):
            kinds.setdefault((inside.parent, "".join(inside.suffixes)), inside)
    return list(kinds.values())


def _other_name(out: Path, place: Path) -> Path | None:
    """Return the second name that a record or sidecar takes where the first is another file's."""
    for suffix in (".colorunet.json", ".xmp"):
        if place.name.endswith(suffix):
            stem = place.name.removesuffix(suffix)
            output = next(
                p for p in sorted(out.iterdir()) if p.stem == stem and p.name != place.name
            )
            return place.with_name(output.name + suffix)
    return None


@pytest.mark.parametrize("name", [n for n in (*NAMES, *MORE) if n not in WRITE_NOTHING_NEW])
def test_each_output_that_is_a_stranger_s_is_named_and_left_alone(
    workshop: tuple[Workshop, WarmStart], run_in, tmp_path: Path, name: str
) -> None:
    command = _command(workshop[0], name, tmp_path)
    out = tmp_path / "out"
    words = command.prepare(out)
    before = {path.relative_to(out) for path in out.rglob("*")}
    code, said = run_in(words)
    assert code == 0, said
    places = _one_of_each_kind(out, before)
    assert places
    overwrite = ("--overwrite",) if _has_overwrite(command.words) else ()
    for place in places:
        others = [place, *filter(None, [_other_name(out, place)])]
        words = command.prepare(out)
        for path in others:
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_bytes(FOREIGN)
        code, said = run_in((*words, *overwrite))
        assert (out / place).read_bytes() == FOREIGN, place
        assert code == 3, (place, said)
        assert "is there already and not a file that this command writes" in said, place
        assert others[-1].name in said
        assert "Traceback" not in said
