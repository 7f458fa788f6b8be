"""Options of a prediction, shared by every command that makes one."""

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from colorunet.coloring.dials import DIALS


def _dial(name: str, metavar: str | None = None) -> Callable[..., Any]:
    """Return a dial's option; None if it isn't given."""
    dial = DIALS[name]
    kind = (
        click.IntRange(int(dial.low), int(dial.high))
        if dial.whole
        else click.FloatRange(dial.low, dial.high, min_open=dial.above_low)
    )
    # None means "not given": --vividness and --temperature exclude each other.
    default = None if name == "vividness" else dial.default
    return click.option(
        f"--{name}",
        type=kind,
        default=default,
        metavar=metavar,
        help=f"{dial.help}  [default: {dial.default_text}]",
    )


def _network_names(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    from colorunet.parameters.shipped import SHIPPED_NETWORKS

    return [name for name in SHIPPED_NETWORKS if name.startswith(begun)]


def _scales(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    from colorunet.coloring.averaging import Averaging

    try:
        scales = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"expected numbers such as 0.5,1, given {text!r}") from None
    try:
        return Averaging(scales).scales
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


_scales_option = click.option(
    "--scales",
    metavar="SHARES",
    callback=_scales,
    help="Sizes of a photo, as shares of its own, whose logits are averaged: such as 0.5,1.  "
    "[default: the network's own, or 1]",
)
_mirrored = click.option(
    "--mirrored/--not-mirrored",
    default=None,
    help="Also average over the mirror image, in twice the time.  [default: the network's own, "
    "or not]",
)
out_option = click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("colorized"),
    show_default=True,
    help="Folder of the coloured images to write; for one image also a file, such as a.jpg.",
)
network_option = click.option(
    "--network",
    metavar="NAME",
    shell_complete=_network_names,
    help="A network that comes with the package, such as colorunet-listed, where no RUN is given.  "
    "[default: colorunet]",
)
significant_bits_option = click.option(
    "--significant-bits",
    type=click.IntRange(8, 16),
    help="Bits that the levels of a 16-bit scan really have, such as 12, if the file doesn't "
    "state them.  [default: the fewest usual ones that hold its highest level]",
)
_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_seed_option = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of --versions."
)
_hints_option = click.option(
    "--hints",
    type=_file,
    help='Colours of pixels of one photo or clip: [{"x": 120, "y": 80, "color": "#c04030"}, …]; '
    'for a clip each also with a "time", such as "1:02.5".',
)


def _references(
    _: click.Context, __: click.Parameter, texts: tuple[str, ...]
) -> tuple[tuple[Path, float | None], ...]:
    if not texts:  # so that help doesn't load what reads them
        return ()
    from colorunet.coloring.steering.timed import split_time

    found = []
    for text in texts:
        try:
            name, time_s = split_time(text)
        except ValueError as error:
            raise click.BadParameter(f"{text}: {error}") from None
        if not Path(name).is_file():
            raise click.BadParameter(f"{name}: no such file")
        found.append((Path(name), time_s))
    if sum(time_s is None for _, time_s in found) > 1:
        raise click.BadParameter("only one without a time, which holds for all that has none")
    return tuple(found)


_reference_option = click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="FILE[@TIME]",
    callback=_references,
    help="A photo that gives its palette and tones. For a clip several, each from "
    "its time to the next cut: frame.png@1:02.5.",
)
album_option = click.option(
    "--album",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder of your own colour photos: each gray photo gets the palette of the most similar "
    "one, weighted by the similarity; both are reported.",
)
manifest_option = click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Manifest to write: JSON lines, one per output or skipped photo.  [default: none; with "
    "--engine ray or --no-mark manifest.jsonl in the output folder]",
)


_no_mark_option = click.option(
    "--no-mark",
    is_flag=True,
    help="Write no mark into the outputs' metadata. Then a file doesn't show that a network added "
    "the colours, and --overwrite recognizes outputs by the manifest alone.",
)


_record_option = click.option(
    "--record",
    is_flag=True,
    help="Also write NAME.colorunet.json beside each photo and film: hashes, network, settings, "
    "hints; of photos also how sure the network was, as NAME.sureness.png.",
)
_sign_option = click.option(
    "--sign",
    nargs=2,
    type=_file,
    metavar="CERT KEY",
    help="Add a C2PA signature to each photo, by a certificate chain and key in PEM (extra c2pa).",
)
_badge_option = click.option(
    "--badge", is_flag=True, help="Draw a small palette into the lower right corner."
)


def evidence_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add options of marks, records and signatures, passed on as ``evidence_options``."""

    @wraps(command)
    def with_evidence(
        *args: Any,
        no_mark: bool,
        record: bool,
        sign: tuple[Path, Path] | None,
        badge: bool,
        **others: Any,
    ) -> Any:
        from colorunet.batch.evidence import EvidenceOptions

        if no_mark and sign:
            raise click.UsageError("--sign states who added the colours; leave out --no-mark")
        options = EvidenceOptions(not no_mark, record, sign, badge)
        return command(*args, evidence_options=options, **others)

    for option in (_badge_option, _sign_option, _record_option, _no_mark_option):
        with_evidence = option(with_evidence)
    return with_evidence


def look_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say in plain words how the colours look, given as ``color_options``.

    The vividness alone is given as it is: what it means depends on the network.
    """

    @wraps(command)
    def with_color_options(
        *args: Any,
        warmth: float,
        strength: float,
        hints: Path | None,
        references: tuple[tuple[Path, float | None], ...],
        versions: int,
        seed: int,
        **others: Any,
    ) -> Any:
        from colorunet.batch.painting import ColorOptions
        from colorunet.coloring.steering.steer import Steering
        from colorunet.coloring.steering.timed import (
            Timed,
            read_reference_frame,
            read_timed_hints,
        )
        from colorunet.coloring.toning import Toning

        timed = Timed(
            tuple(read_reference_frame(path, time_s) for path, time_s in references),
            () if hints is None else read_timed_hints(hints),
        )
        whole = (frame.reference for frame in timed.frames if frame.time_s is None)
        steering = Steering(tuple(one.hint for one in timed.hints), next(whole, None))
        color_options = ColorOptions(Toning(warmth, strength), steering, versions, seed, timed)
        return command(*args, color_options=color_options, **others)

    for option in (
        _seed_option,
        _dial("versions", "N"),
        _reference_option,
        _hints_option,
        _dial("strength"),
        _dial("vividness"),
        _dial("warmth"),
    ):
        with_color_options = option(with_color_options)
    return with_color_options


_AVERAGING = {"scales": _scales_option, "mirrored": _mirrored}
_PREDICTION = {name: _dial(name) for name in ("temperature", "saturation", "caution")}


def prediction_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add every option of a prediction to a command, passed on as ``prediction``."""
    return _with_options(command, _PREDICTION | _AVERAGING)


def averaging_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of averaging, passed on as ``prediction``."""
    return _with_options(command, _AVERAGING)


def _with_options(
    command: Callable[..., Any], options: Mapping[str, Callable[..., Any]]
) -> Callable[..., Any]:
    @wraps(command)
    def with_prediction(*args: Any, **others: Any) -> Any:
        from colorunet.coloring.options import PredictionOptions

        prediction = PredictionOptions(**{name: others.pop(name) for name in options})
        return command(*args, prediction=prediction, **others)

    for option in reversed(list(options.values())):
        with_prediction = option(with_prediction)
    return with_prediction
