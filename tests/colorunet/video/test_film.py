"""A clip in colour has the clip's frames, times, sound, subtitles and words."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clip_files import ClipSettings, copied, decoded, write_clip

from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.toning import Toning
from colorunet.video import film as story
from colorunet.video.film import colorize_video
from colorunet.video.painting import FilmLook

UNEVEN = [0, 1000, 2100, 3000, 4500, 4501, 6000, 9000]
LOSSLESS = {"level": "3"}
Grays = Callable[..., list[np.ndarray]]


def test_frames_times_sound_subtitles_and_words_are_the_clips(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "STRETCH_FRAMES", 3)
    words = {"title": "Urlaub in Öl", "artist": "we", "comment": "reel 3"}
    settings = ClipSettings(
        time_base=Fraction(1, 12_800),
        times=UNEVEN,
        sound=0.6,
        subtitles=("one", "two"),
        words=words,
    )
    source = write_clip(tmp_path / "a.mp4", gray_film(5, 3), settings)
    told = colorize_video(colorizer, source, tmp_path / "out.mp4")
    before, after = decoded(source), decoded(tmp_path / "out.mp4")
    assert after.times == before.times == [Fraction(at, 12_800) for at in UNEVEN]
    assert told.frames == 8
    assert told.cuts == 1
    assert not told.notes
    assert told.lost == 0
    assert copied(tmp_path / "out.mp4") == copied(source)
    assert set(copied(source)) == {"audio", "subtitle"}
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert {key: file.metadata[key] for key in words} == words
    luma = np.abs(after.plane(0).astype(int) - before.plane(0))
    assert luma.mean() < 3
    assert after.plane(1).std() > 2
    assert before.plane(1).std() == 0
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.webm", "a.ts", "a.flv"])
def test_every_container_keeps_the_times(
    name: str, colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    codec, options = "libx264", {"preset": "ultrafast", "bf": "0"}
    if name.endswith("webm"):
        codec, options = "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}
    source = write_clip(
        tmp_path / name, gray_film(4, 2), ClipSettings(codec=codec, options=options)
    )
    told = colorize_video(colorizer, source, tmp_path / f"out-{name}")
    after = decoded(tmp_path / f"out-{name}")
    assert after.times == decoded(source).times
    assert told.notes == ()
    assert after.plane(1).std() > 1


def test_frames_that_refer_to_later_ones_keep_their_times_and_sound_stays_in_step(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    options = {"preset": "fast", "bf": "3", "b-adapt": "0"}
    settings = ClipSettings(options=options, sound=0.5)
    source = write_clip(tmp_path / "a.mp4", gray_film(9), settings)
    with av.open(str(source)) as file:
        assert any(p.dts != p.pts for p in file.demux(file.streams.video[0]) if p.size)
    colorize_video(colorizer, source, tmp_path / "out.mp4")
    assert decoded(tmp_path / "out.mp4").times == decoded(source).times
    assert copied(tmp_path / "out.mp4") == copied(source)


def test_chapters_attachments_languages_and_a_second_sound_are_copied(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    plain = write_clip(tmp_path / "plain.mkv", gray_film(5), ClipSettings(sound=0.2))
    source = tmp_path / "a.mkv"
    chapter = {"id": 1, "start": 0, "end": 100, "time_base": Fraction(1, 1000)}
    with av.open(str(plain)) as given, av.open(str(source), "w") as file:
        made = [file.add_stream_from_template(given.streams[n]) for n in (0, 1, 1)]
        for stream, language in zip(made[1:], ("deu", "fra"), strict=True):
            stream.metadata["language"] = language
        file.add_attachment("font.ttf", "font/ttf", b"letters")
        file.set_chapters([{**chapter, "metadata": {"title": "Anfang"}}])
        for packet in given.demux():
            if packet.size:
                number = packet.stream.index
                again = av.Packet(bytes(packet))
                again.pts, again.dts, again.time_base = packet.pts, packet.dts, packet.time_base
                again.is_keyframe = packet.is_keyframe
                packet.stream = made[number]
                file.mux(packet)
                if number:
                    again.stream = made[2]
                    file.mux(again)
    told = colorize_video(colorizer, source, tmp_path / "out.mkv")
    assert told.notes == ()
    assert copied(tmp_path / "out.mkv") == copied(source)
    with av.open(str(tmp_path / "out.mkv")) as file:
        assert [one["metadata"]["title"] for one in file.chapters()] == ["Anfang"]
        assert [one.language for one in file.streams.audio] == ["deu", "fra"]
        (font,) = file.streams.attachments
        assert (font.data, font.mimetype) == (b"letters", "font/ttf")


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_luma_stored_without_loss_stays_bit_for_bit(
    bits: int, colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    luma = gray_film(3, bits=bits)
    pix_fmt = "yuv420p" if bits == 8 else f"yuv420p{bits}le"
    settings = ClipSettings(codec="ffv1", pix_fmt=pix_fmt, options=LOSSLESS)
    colorize_video(colorizer, write_clip(tmp_path / "a.mkv", luma, settings), tmp_path / "out.mkv")
    after = decoded(tmp_path / "out.mkv")
    assert np.array_equal(after.plane(0), np.stack(luma))
    assert after.frames[0].format.name == pix_fmt


@pytest.mark.parametrize("turned", [90, 180, -90])
def test_a_turned_film_is_coloured_upright_and_stays_turned(
    turned: int, colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    """Frames stored on their side, with the note that turns them, get the colours of upright."""
    upright = gray_film(2, size=(96, 64))
    stored = [np.ascontiguousarray(np.rot90(luma, -turned // 90)) for luma in upright]
    plain = write_clip(tmp_path / "plain.mov", upright, ClipSettings())
    turning = write_clip(tmp_path / "turning.mov", stored, ClipSettings(rotation=turned))
    colorize_video(colorizer, plain, tmp_path / "out-plain.mov")
    told = colorize_video(colorizer, turning, tmp_path / "out-turning.mov")
    assert (told.width, told.height) == (96, 64)
    one, other = decoded(tmp_path / "out-plain.mov"), decoded(tmp_path / "out-turning.mov")
    assert other.frames[0].rotation == decoded(turning).frames[0].rotation != 0
    shown = np.rot90(other.plane(1), turned // 90, axes=(1, 2))
    assert np.corrcoef(shown.ravel(), one.plane(1).ravel())[0, 1] > 0.9


def test_ten_bits_stay_ten_bits(colorizer: Colorizer, gray_film: Grays, tmp_path: Path) -> None:
    settings = ClipSettings(
        codec="libx265",
        pix_fmt="yuv420p10le",
        options={"preset": "ultrafast", "crf": "8", "x265-params": "log-level=none"},
    )
    source = write_clip(tmp_path / "a.mp4", gray_film(3, bits=10), settings)
    told = colorize_video(colorizer, source, tmp_path / "out.mp4")
    before, after = decoded(source), decoded(tmp_path / "out.mp4")
    assert after.frames[0].format.name == "yuv420p10le"
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert file.streams.video[0].codec_tag == "hvc1"
    assert after.times == before.times
    assert np.abs(after.plane(0).astype(int) - before.plane(0)).mean() < 8
    assert told.notes == ()


def test_strength_0_leaves_a_films_own_colours(
    colorizer: Colorizer, film: Callable[..., list], tmp_path: Path
) -> None:
    rgb = [frame.rgb for frame in film(2)]
    settings = ClipSettings(codec="ffv1", options=LOSSLESS)
    source = write_clip(tmp_path / "a.mkv", rgb, settings)
    look = FilmLook(toning=Toning(strength=0))
    colorize_video(colorizer, source, tmp_path / "out.mkv", look=look)
    before, after = decoded(source), decoded(tmp_path / "out.mkv")
    assert np.array_equal(after.plane(0), before.plane(0))
    for number in (1, 2):
        apart = np.abs(after.plane(number).astype(int) - before.plane(number))
        assert apart.mean() < 0.5  # a colour that clips in RGB is drawn in


def test_what_is_assumed_is_said(colorizer: Colorizer, gray_film: Grays, tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "x264-params": "tff=1"}
    interlaced = ClipSettings(options=options, interlaced=True)
    source = write_clip(tmp_path / "a.mp4", gray_film(2), interlaced)
    told = colorize_video(colorizer, source, tmp_path / "out.mp4")
    assert any("interlaced" in note for note in told.notes)
    after = decoded(tmp_path / "out.mp4")
    assert after.frames[0].interlaced_frame
    odd = ClipSettings(codec="ffv1", pix_fmt="yuv444p", options=LOSSLESS)
    source = write_clip(tmp_path / "odd.mkv", gray_film(2, size=(95, 63)), odd)
    told = colorize_video(colorizer, source, tmp_path / "odd.mp4")
    assert any("odd size" in note for note in told.notes)
    assert any("H.264" in note for note in told.notes)
    assert decoded(tmp_path / "odd.mp4").frames[0].format.name == "yuv444p"


def test_pixels_that_are_not_square_stay_so(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    settings = ClipSettings(pixel_aspect=Fraction(16, 11))
    source = write_clip(tmp_path / "a.mp4", gray_film(2), settings)
    colorize_video(colorizer, source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert file.streams.video[0].sample_aspect_ratio == Fraction(16, 11)
