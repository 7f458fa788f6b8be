"""``tools/flickr-server``: a local Flickr for trying ``dataprep fetch-flickr`` without a key."""

import signal
import time
from pathlib import Path

import click

from flickr_server.faults import API_FAULTS, IMAGE_FAULTS, Faults
from flickr_server.library import make_library
from flickr_server.replies import Quirks
from flickr_server.server import FlickrServer

_TAGS = "landscape,beach,mountains,nature,sunset,sunrise"


@click.command()
@click.option("--photos", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--tags", default=_TAGS, show_default=True, help="Besides the sub-folders' names.")
@click.option("--per-tag", default=200, show_default=True, help="Photos of each tag.")
@click.option("--seed", default=0, show_default=True, help="Of cuts, licences, sizes and faults.")
@click.option("--step", "step_s", default=3_600, show_default=True, help="Seconds between uploads.")
@click.option("--key", default="", help="The one right FLICKR_API_KEY.  [default: any]")
@click.option("--latency", "latency_s", default=0.0, help="Seconds that an image takes.")
@click.option("--faults", default=0.0, help="Share of requests that fail, all kinds alike.")
@click.option("--fault", multiple=True, metavar="[api:|image:]KIND=SHARE", help="One kind more.")
@click.option("--in-a-row", default=3, show_default=True, help="Most faults of one resource.")
@click.option("--hang", "hang_s", default=30.0, show_default=True, help="Seconds of a hang.")
@click.option("--cap", default=4_000, show_default=True, help="Results of a query that are real.")
@click.option("--overcount", default=0.0, help="Share by which 'total' is too high.")
@click.option("--unstable", is_flag=True, help="Each page comes from another order.")
@click.option("--total-types", is_flag=True, help="'total' is a string, a number, or empty.")
def main(**given: object) -> None:
    """Serve the photographs of a folder as Flickr would, over HTTP on loopback.

    Every id is another cut of a photograph in another light, at Flickr's sizes. The first line on
    stdout is the address for --api-url; the server runs until it is interrupted. GET /stats tells
    what was asked for and which faults were injected. Kinds of --fault: 429, 429-retry-after,
    500, 502, html, truncated, short, hang, slow, reset, code-10, code-105, code-201.

    \b
    tools/flickr-server --photos ~/Pictures --port 8080 --faults 0.2 &
    FLICKR_API_KEY=any dataprep fetch-flickr --count 120 --out photos \\
        --api-url http://127.0.0.1:8080/services/rest/ --image-rate 100
    """
    faults = Faults.every(
        float(str(given["faults"])),
        seed=given["seed"],
        in_a_row=given["in_a_row"],
        hang_s=given["hang_s"],
    )
    for text in given["fault"]:  # type: ignore[attr-defined]
        _add_fault(faults, text)
    library = make_library(
        given["photos"],  # type: ignore[arg-type]
        tags=tuple(str(given["tags"]).split(",")),
        per_tag=given["per_tag"],  # type: ignore[arg-type]
        seed=given["seed"],  # type: ignore[arg-type]
        step_s=given["step_s"],  # type: ignore[arg-type]
    )
    quirks = Quirks(**{k: given[k] for k in ("cap", "overcount", "unstable", "total_types")})  # type: ignore[arg-type]
    server = FlickrServer(
        library,
        faults,
        quirks,
        port=given["port"],  # type: ignore[arg-type]
        key=str(given["key"]),
        latency_s=float(str(given["latency_s"])),
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with server:
        print(server.api_url, flush=True)
        try:
            while True:
                time.sleep(3_600)
        except KeyboardInterrupt:
            return


def _add_fault(faults: Faults, text: str) -> None:
    where, _, rest = text.rpartition(":")
    kind, _, share = rest.partition("=")
    known = {"api": API_FAULTS, "image": IMAGE_FAULTS, "": API_FAULTS + IMAGE_FAULTS}
    if where not in known or kind not in known[where] or not share:
        raise click.BadParameter(f"{text!r}; expected for example 429=0.1", param_hint="--fault")
    if where in ("api", "") and kind in API_FAULTS:
        faults.api[kind] = float(share)
    if where in ("image", "") and kind in IMAGE_FAULTS:
        faults.images[kind] = float(share)


if __name__ == "__main__":
    main()
