"""Containers for output, with their options."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorunet.video.clip_formats import muxer_for
from colorunet.video.encoding import HEVC, Target

_MP4 = ("mp4", "mov", "3gp")
_MILLISECONDS = ("matroska", "webm")
_BLU_RAY = (".m2ts", ".mts")  # transport packets of 192 bytes, and PCM sound with a type of its own
# Names that MP4 and MOV have a place for; for others there is a table of their own.
_MP4_WORDS = frozenset(
    (
        "title",
        "artist",
        "album_artist",
        "composer",
        "album",
        "date",
        "comment",
        "genre",
        "copyright",
        "grouping",
        "lyrics",
        "description",
        "synopsis",
        "show",
        "episode_id",
        "network",
        "keywords",
        "compilation",
        "creation_time",
        "track",
        "disc",
        "timecode",
        "media_type",
        "hd_video",
        "gapless_playback",
        "season_number",
        "episode_sort",
    )
)


@dataclass(frozen=True)
class Container:
    """A container for output.

    Args:
        muxer: FFmpeg's name of it.
        is_blu_ray: a transport stream as on Blu-ray and AVCHD discs.
    """

    muxer: str
    is_blu_ray: bool = False

    @classmethod
    def of(cls, path: Path) -> "Container":
        """Return the container of a file's suffix."""
        return cls(muxer_for(path.name), path.suffix.lower() in _BLU_RAY)

    @property
    def is_mp4(self) -> bool:
        """Whether it is MP4 or a related format."""
        return self.muxer in _MP4

    @property
    def counts_milliseconds(self) -> bool:
        """Whether times are rounded to milliseconds."""
        return self.muxer in _MILLISECONDS

    @property
    def options_in_memory(self) -> dict[str, str]:
        """Options of the muxer except those that need a file."""
        if self.muxer != "mpegts":
            return {}
        return {"mpegts_copyts": "1", "mpegts_m2ts_mode": str(int(self.is_blu_ray))}

    def options(self, words: Mapping[str, str]) -> dict[str, str]:
        """Return the options of the muxer.

        Args:
            words: the metadata that is to be written.
        """
        if not self.is_mp4:
            return self.options_in_memory
        tags = "" if words.keys() <= _MP4_WORDS else "+use_metadata_tags"
        return {"movflags": f"+faststart{tags}", "write_tmcd": "auto"}

    def add_film(self, output: Any, target: Target) -> Any:
        """Add the stream of the coloured pictures to PyAV's output."""
        made = output.add_stream(target.encoder.name, rate=target.rate, time_base=target.time_base)
        target.configure(made.codec_context)
        if target.encoder is HEVC and self.is_mp4:
            made.codec_context.codec_tag = "hvc1"  # without it some players refuse the file
        made.time_base = target.time_base
        if target.display_matrix:
            made.set_display_matrix(target.display_matrix)
        return made
