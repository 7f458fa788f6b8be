"""``colorunet restore``."""

from pathlib import Path

import click

from colorfiles.commands import emit, json_option, overwrite_option


@click.command(name="restore")
@click.argument(
    "colored", metavar="COLOURED", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Gray photo to write: PNG, TIFF or JPEG, by its suffix.",
)
@overwrite_option
@json_option
def command(colored: Path, out: Path, overwrite: bool, as_json: bool) -> None:
    """Write the gray photo that COLOURED was made from: its luma, without metadata.

    Exact, level for level, where COLOURED is PNG, TIFF, BMP, PPM or lossless WebP and the gray
    photo PNG or TIFF; of JPEG it is the luma that is stored.

    \b
    colorunet restore photo-in-colour.png -o gray.png
    """
    from colorunet.evidence.restoring import restore

    result = restore(colored, out, overwrite=overwrite)
    exact = "exact" if result.exact else "as near as its format keeps it"
    emit(result, as_json, f"{result.output}: {result.bits} bits, {exact}")
