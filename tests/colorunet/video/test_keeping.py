"""What stands beside the pictures of a clip is in the coloured one too, or it is said at once."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.sidedata.sidedata import Type as SideData
from clip_files import ClipSettings, decoded, frame_of, write_clip
from PIL import Image

from colorunet.coloring.colorizer import Colorizer
from colorunet.video.film import colorize_video
from colorunet.video.reading import UnusableClip

Grays = Callable[..., list[np.ndarray]]
_RATE = 48_000
_MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"


def _tone(seconds: float) -> np.ndarray:
    return (np.sin(np.arange(round(seconds * _RATE)) / 30) * 9_000).astype(np.int16)[None]


def _with_sound(
    path: Path, grays: list[np.ndarray], *, video: str, sound: str, muxer: str, **options: str
) -> Path:
    """Write a clip with a tone; all packets are sorted, as a muxer of discs wants them."""
    with av.open(str(path), "w", format=muxer, container_options=options) as file:
        pictures = file.add_stream(video, rate=25)
        pictures.height, pictures.width = grays[0].shape
        pictures.pix_fmt = "yuv420p"
        tone = file.add_stream(sound, rate=_RATE)
        tone.codec_context.layout, tone.codec_context.bit_rate = "stereo", 192_000
        packets = []
        for number, gray in enumerate(grays):
            frame = frame_of(gray, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            packets += pictures.encode(frame)
        packets += pictures.encode(None)
        samples = np.repeat(_tone(len(grays) / 25), 2, axis=0).T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, 0, Fraction(1, _RATE)
        packets += tone.encode(frame)
        packets += tone.encode(None)
        for packet in sorted(packets, key=lambda one: one.dts * one.time_base):
            file.mux_one(packet)
    return path


def _samples(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        resampler = av.AudioResampler("flt", "mono", _RATE)
        frames = [one for frame in file.decode(audio=0) for one in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def _codecs(path: Path) -> list[str]:
    with av.open(str(path)) as file:
        return [stream.codec_context.name for stream in file.streams if stream.type != "attachment"]


def test_the_sound_of_a_blu_ray_can_be_decoded_afterwards(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    source = _with_sound(
        tmp_path / "a.m2ts", gray_film(10), video="libx264", sound="pcm_bluray", muxer="mpegts",
        mpegts_m2ts_mode="1",
    )  # fmt: skip
    told = colorize_video(colorizer, source, tmp_path / "out.m2ts")
    assert _codecs(tmp_path / "out.m2ts") == ["h264", "pcm_bluray"]
    assert np.array_equal(_samples(tmp_path / "out.m2ts"), _samples(source))
    assert not any("left out" in note for note in told.notes)


@pytest.mark.parametrize(
    ("name", "video", "sound", "muxer"),
    [("a.vob", "mpeg2video", "pcm_dvd", "vob"), ("a.wmv", "wmv2", "wmav2", "asf")],
)
@pytest.mark.parametrize(("output", "codec"), [("out.mkv", "flac"), ("out.mp4", "alac")])
def test_sound_without_a_place_in_the_container_is_stored_without_loss(
    *, name: str, video: str, sound: str, muxer: str, output: str, codec: str,
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path,
) -> None:  # fmt: skip
    source = _with_sound(tmp_path / name, gray_film(10), video=video, sound=sound, muxer=muxer)
    told = colorize_video(colorizer, source, tmp_path / output)
    before, after = _samples(source), _samples(tmp_path / output)
    assert _codecs(tmp_path / output)[1] == codec
    assert len(before) > 0.35 * _RATE
    assert after[: len(before)] == pytest.approx(before, abs=2e-5)  # ALAC and FLAC have 24 bits
    assert any(sound in note and "without loss" in note for note in told.notes)


def test_what_cant_be_kept_is_said_before_the_first_frame_is_coloured(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    source = _with_sound(tmp_path / "a.wmv", gray_film(4), video="wmv2", sound="wmav2", muxer="asf")
    events: list[str] = []

    def report(advance: int = 1, *, note: str | None = None) -> None:
        events.append("frame" if advance else "")

    colorize_video(colorizer, source, tmp_path / "out.ts", report=report, tell=events.append)
    said = next(number for number, event in enumerate(events) if "wmav2" in event)
    assert "left out" in events[said]
    assert "frame" not in events[:said]


def test_a_film_that_its_container_cant_hold_is_refused_before_it_is_coloured(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    """3GP knows no HEVC in more than 8 bits with chroma for every pixel."""
    grays = [gray[:63, :95] for gray in gray_film(3, size=(96, 64), bits=10)]
    source = write_clip(
        tmp_path / "a.mkv", grays, ClipSettings(codec="ffv1", pix_fmt="gray10le", options={})
    )
    frames: list[int] = []

    def report(advance: int = 1, *, note: str | None = None) -> None:
        frames.append(advance)

    with pytest.raises(UnusableClip, match=r"can't be written as 3gp"):
        colorize_video(colorizer, source, tmp_path / "out.3gp", report=report)
    assert sum(frames) == 0


@pytest.fixture
def cover() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.tile(np.arange(48, dtype=np.uint8), (48, 1))).convert("RGB").save(
        file, "JPEG"
    )
    return file.getvalue()


@pytest.fixture
def with_cover(gray_film: Grays, cover: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "cover.mp4"
    with av.open(str(path), "w") as file:
        pictures = file.add_stream("libx264", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 96, 64, "yuv420p"
        art = file.add_stream("mjpeg", rate=25)
        art.width, art.height, art.pix_fmt = 48, 48, "yuvj420p"
        art.disposition = av.stream.Disposition.attached_pic
        file.start_encoding()
        packet = av.Packet(cover)
        packet.stream, packet.pts, packet.dts, packet.time_base = art, 0, 0, Fraction(1, 25)
        file.mux_one(packet)
        for number, gray in enumerate(gray_film(4)):
            frame = frame_of(gray, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(pictures.encode(frame))
        file.mux(pictures.encode(None))
    return path


def _cover_of(path: Path) -> bytes:
    with av.open(str(path)) as file:
        stream = next(
            one
            for one in file.streams.video
            if one.disposition & av.stream.Disposition.attached_pic
        )
        return bytes(next(packet for packet in file.demux(stream) if packet.size))


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_the_cover_picture_is_kept_byte_for_byte(
    name: str, colorizer: Colorizer, with_cover: Path, cover: bytes, tmp_path: Path
) -> None:
    told = colorize_video(colorizer, with_cover, tmp_path / name)
    assert (told.frames, told.lost) == (4, 0)
    assert _cover_of(tmp_path / name) == cover
    again = colorize_video(colorizer, tmp_path / name, tmp_path / "again.mp4")
    assert again.frames == 4
    assert _cover_of(tmp_path / "again.mp4") == cover


def test_a_cover_without_a_place_is_said(
    colorizer: Colorizer, with_cover: Path, tmp_path: Path
) -> None:
    told = colorize_video(colorizer, with_cover, tmp_path / "out.ts")
    assert any("cover picture" in note and "left out" in note for note in told.notes)


def _light(path: Path) -> dict[Any, bytes]:
    frame = decoded(path).frames[0]
    kinds = (SideData.MASTERING_DISPLAY_METADATA, SideData.CONTENT_LIGHT_LEVEL)
    return {kind: bytes(frame.side_data[kind]) for kind in kinds if frame.side_data.get(kind)}


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.ts"])
def test_mastering_display_and_light_levels_are_kept(
    name: str, colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    parameters = f"log-level=none:master-display={_MASTERING}:max-cll=1000,400:pools=1"
    source = write_clip(
        tmp_path / "a.mp4",
        gray_film(3, bits=10),
        ClipSettings(
            codec="libx265", pix_fmt="yuv420p10le", colorspace=9,
            options={"preset": "ultrafast", "x265-params": parameters},
        ),
    )  # fmt: skip
    colorize_video(colorizer, source, tmp_path / name)
    assert len(_light(source)) == 2
    assert _light(tmp_path / name) == _light(source)


def test_empty_frames_of_a_capture_are_no_damage(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    """A capture that dropped three frames has empty chunks in their places."""
    there = [number for number in range(25) if number not in (5, 6, 12)]
    source = write_clip(
        tmp_path / "a.avi",
        gray_film(22),
        ClipSettings(codec="ffvhuff", options={}, times=there),
    )
    told = colorize_video(colorizer, source, tmp_path / "out.mkv")
    assert (told.frames, told.lost) == (22, 0)
    assert decoded(tmp_path / "out.mkv").times == [Fraction(at, 25) for at in there]
    assert any("3 empty frames" in note for note in told.notes)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_b_frames_of_an_avi_are_shown_in_their_order_and_with_their_sound(
    codec: str, colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    """AVI has the times of decoding only: the first frame is shown with the first sound."""
    grays = gray_film(30)
    source = tmp_path / "a.avi"
    with av.open(str(source), "w") as file:
        pictures = file.add_stream(codec, rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 96, 64, "yuv420p"
        pictures.codec_context.max_b_frames, pictures.bit_rate = 2, 8_000_000
        tone = file.add_stream("mp3", rate=44_100)
        for number, gray in enumerate(grays):
            frame = frame_of(gray, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(pictures.encode(frame))
        file.mux(pictures.encode(None))
        sound = av.AudioFrame.from_ndarray(np.zeros((2, 44_100), np.float32), "fltp", "stereo")
        sound.sample_rate, sound.pts, sound.time_base = 44_100, 0, Fraction(1, 44_100)
        file.mux(tone.encode(sound))
        file.mux(tone.encode(None))
    told = colorize_video(colorizer, source, tmp_path / "out.mkv")
    after = decoded(tmp_path / "out.mkv")
    assert after.times == [Fraction(number, 25) for number in range(30)]
    assert not any("moved" in note for note in told.notes)
    for gray, luma in zip(grays, after.plane(0), strict=True):
        assert np.abs(gray.astype(int) - luma).mean() < 6


@pytest.mark.parametrize(
    ("video", "sound", "output"),
    [("libx264", "aac", "out.ts"), ("mpeg2video", "mp2", "out.mp4")],
)
def test_joined_transport_streams_go_on_where_the_first_one_ends(
    *, video: str, sound: str, output: str, colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    parts = [
        _with_sound(
            tmp_path / f"{number}.ts", gray_film(50), video=video, sound=sound, muxer="mpegts"
        )
        for number in range(2)
    ]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    told = colorize_video(colorizer, joined, tmp_path / output)
    times = decoded(tmp_path / output).times
    assert len(times) == 100
    assert np.diff([float(at) for at in times]) == pytest.approx(np.full(99, 0.04), abs=1e-3)
    assert abs(len(_samples(tmp_path / output)) - 4 * _RATE) < 0.3 * _RATE
    assert any("joined from 2 parts" in note for note in told.notes)
