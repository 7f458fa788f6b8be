"""The options that say how logits become colours; the same in every command that decodes."""

import click

temperature_option = click.option(
    "--temperature",
    type=click.FloatRange(0, 1, min_open=True),
    default=None,
    help="Of the annealed mean: 1 muted, near 0 vivid.  [default: the network's own, or 0.38]",
)
saturation_option = click.option(
    "--saturation",
    type=click.FloatRange(0, 4, min_open=True),
    default=None,
    help="Factor on the chroma.  [default: the network's own, or 1]",
)


def _scales(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    from colorunet.prediction.test_time_augmentation import Averaging

    try:
        scales = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"expected numbers such as 0.5,1, given {text!r}") from None
    try:
        return Averaging(scales).scales
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


scales_option = click.option(
    "--scales",
    metavar="SHARES",
    callback=_scales,
    help="Sizes of a photo, as shares of its own, whose logits are averaged: such as 0.5,1.  "
    "[default: the network's own, or 1]",
)
mirrored_option = click.option(
    "--mirrored/--not-mirrored",
    default=None,
    help="Also average over the mirror image, in twice the time.  [default: the network's own, "
    "or not]",
)
