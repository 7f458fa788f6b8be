"""``colorunet page``."""

from pathlib import Path

import click

from colorfiles.commands import emit, json_option, overwrite_option
from colorunet.cli.options import network_option


@click.command(name="page")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.argument("run", required=False, type=click.Path(path_type=Path))
@network_option
@click.option(
    "--webgpu",
    is_flag=True,
    help="Add a runtime for graphics cards (27 MB), which only browsers with WebGPU load.",
)
@overwrite_option
@json_option
def command(
    folder: Path,
    run: Path | None,
    network: str | None,
    webgpu: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write a web page into DIR that colours photos in any browser, with nothing installed.

    Any static host can serve it. Photos are coloured on the visitor's machine and never leave it;
    after the first visit it works without a connection. RUN is a folder that `trainer fit` wrote,
    with a network.onnx from `colorunet export RUN`; without one the network that comes with the
    package is used.

    \b
    colorunet page public/colour
    colorunet page public/colour runs/mine
    """
    from colorunet.page.static_site import write_site
    from colorunet.parameters.shipped import DEFAULT_NETWORK, run_or_shipped

    if run is not None and network:
        raise click.UsageError(f"{run} is a run; give it or --network, not both")
    name = str(run) if run is not None else network or DEFAULT_NETWORK
    site = write_site(run_or_shipped(name), name, folder, overwrite=overwrite, webgpu=webgpu)
    emit(
        site,
        as_json,
        f"{site.folder}: {site.files} files, {site.bytes / 1e6:.1f} MB; to try it: "
        f"python3 -m http.server --directory {site.folder}",
    )
