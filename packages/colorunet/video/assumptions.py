"""Notes on assumptions about a film's pictures, and on what its output can't hold."""

from typing import Any

from av.sidedata.sidedata import Type as SideData

from colorunet.video.containers import Container
from colorunet.video.encoding import HEVC, Target
from colorunet.video.mastering import dynamic_metadata_of
from colorunet.video.reading import ClipReader

_HDR = {16: "PQ", 18: "HLG"}  # transfer functions, by H.273


def note_assumptions(
    reader: ClipReader, frame: Any, target: Target, container: Container, *, bits: int
) -> None:
    """Add notes on a film's first frame.

    Args:
        reader: the clip, which gets the notes.
        frame: the first one, decoded.
        target: how the film is encoded.
        container: that it is written into.
        bits: of a sample in the clip.
    """
    note, codec = reader.note, reader.stream.codec_context.name
    layout = target.layout
    if target.encoder.word.replace(".", "").lower() not in (codec, f"lib{codec}"):
        note(f"pictures were {codec}, are {target.encoder.word}")
    if bits > layout.coding.bits:
        note(f"{bits} bits a sample, of which {layout.coding.bits} are kept")
    if frame.interlaced_frame:
        note("interlaced; both fields of a frame are coloured as one picture")
    if not layout.halved:
        note("an odd size, so colour for every pixel (4:4:4), which not every player shows")
    if container.counts_milliseconds and (target.time_base * 1000).denominator > 1:
        note("times are rounded to milliseconds")
    if target.transfer in _HDR:
        note(f"HDR ({_HDR[target.transfer]}); the network learnt from SDR")
    if any(part.is_alpha for part in frame.format.components):
        note("transparency is left out")
    has_mastering = any(
        frame.side_data.get(kind) is not None
        for kind in (SideData.MASTERING_DISPLAY_METADATA, SideData.CONTENT_LIGHT_LEVEL)
    )
    if has_mastering and target.encoder is not HEVC:
        note(f"mastering display and MaxCLL have no place in {target.encoder.word}; left out")
    for name in dynamic_metadata_of(frame):
        note(f"{name} is left out")
