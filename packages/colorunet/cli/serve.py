"""``colorunet serve``."""

from pathlib import Path

import click

from colorfiles.commands import emit, json_option, say
from colorunet.cli.options import network_option


@click.command(name="serve")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@network_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; beyond this machine a token is needed.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen at; 0 takes any that is free.",
)
@click.option(
    "--token",
    envvar="COLORUNET_TOKEN",
    help="Token that clients must send, better given as COLORUNET_TOKEN.  [default: one is made "
    "and printed where others can reach the page, else none]",
)
@click.option(
    "--no-browser",
    is_flag=True,
    help="Don't open the page in a browser, as with a token anyway.",
)
@json_option
def command(
    run: Path | None,
    network: str | None,
    host: str,
    port: int,
    token: str | None,
    no_browser: bool,
    as_json: bool,
) -> None:
    """Serve a page on which photos are coloured: drop them, move the dials, click to give hints.

    RUN is a folder that `trainer fit` wrote; without one the network that comes with the package
    is used. The page's address goes to stdout. Photos stay in memory and go nowhere else; only
    this machine can reach the page unless --host is given. Ctrl-C ends it.

    \b
    colorunet serve
    colorunet serve runs/mine --port 9000 --no-browser
    COLORUNET_TOKEN=a-long-secret colorunet serve --host 0.0.0.0
    """
    from colorunet.page.guard import LEAST_TOKEN
    from colorunet.page.server import PageServer, ServerSettings
    from colorunet.parameters.shipped import DEFAULT_NETWORK, network_name, run_or_shipped

    if run is not None and network:
        raise click.UsageError(f"{run} is a run; give it or --network, not both")
    name = str(run) if run is not None else network_name(network or DEFAULT_NETWORK)
    server = PageServer(ServerSettings(run_or_shipped(name), name, host, port, token))
    served = server.served
    emit(served, as_json, served.url)
    if served.token and len(served.token) < LEAST_TOKEN:
        say(f"a token of fewer than {LEAST_TOKEN} characters can be guessed; without --token and "
            "COLORUNET_TOKEN a long one is made")  # fmt: skip
    say("the page is at the address above; Ctrl-C ends it")
    server.run(say, opens_browser=not no_browser)
    say("ended")
