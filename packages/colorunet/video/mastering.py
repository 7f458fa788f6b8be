"""Mastering display and light level of an HDR film, passed on to x265."""

import struct
from typing import Any

from av.sidedata.sidedata import Type as SideData

_MASTERING = struct.Struct("=20i2i")  # AVMasteringDisplayMetadata: ten fractions, two flags
_LIGHT = struct.Struct("=2I")  # AVContentLightMetadata
_CHROMATICITY, _LUMINANCE = 50_000, 10_000  # units of H.265's SEI messages, D.2.28
_DYNAMIC = {  # not used: they describe how single scenes are shown
    SideData.DOVI_RPU_BUFFER: "Dolby Vision",
    SideData.DOVI_METADATA: "Dolby Vision",
    SideData.DYNAMIC_HDR_PLUS: "HDR10+",
    SideData.DYNAMIC_HDR_VIVID: "HDR Vivid",
}


def mastering_of(frame: Any) -> str:
    """Return mastering display, MaxCLL and MaxFALL of a frame as x265 parameters; or "".

    Args:
        frame: decoded; FFmpeg puts there what stream or container say.
    """
    words = []
    if (data := frame.side_data.get(SideData.MASTERING_DISPLAY_METADATA)) is not None:
        *fractions, has_primaries, has_luminance = _MASTERING.unpack(bytes(data)[: _MASTERING.size])
        parts = list(zip(fractions[::2], fractions[1::2], strict=True))
        if has_primaries and has_luminance and all(below for _, below in parts):
            units = [_CHROMATICITY] * 8 + [_LUMINANCE] * 2
            r_x, r_y, g_x, g_y, b_x, b_y, w_x, w_y, least, most = (
                round(above * unit / below)
                for (above, below), unit in zip(parts, units, strict=True)
            )
            words.append(
                f"master-display=G({g_x},{g_y})B({b_x},{b_y})R({r_x},{r_y})WP({w_x},{w_y})"
                f"L({most},{least})"
            )
    if (data := frame.side_data.get(SideData.CONTENT_LIGHT_LEVEL)) is not None:
        brightest, mean = _LIGHT.unpack(bytes(data)[: _LIGHT.size])
        words.append(f"max-cll={min(brightest, 65_535)},{min(mean, 65_535)}")
    return ":".join(words)


def dynamic_metadata_of(frame: Any) -> list[str]:
    """Return the names of a frame's dynamic HDR metadata, which aren't kept."""
    found = (name for kind, name in _DYNAMIC.items() if frame.side_data.get(kind) is not None)
    return list(dict.fromkeys(found))
