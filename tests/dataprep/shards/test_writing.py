import dataclasses
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from colorcore import Palette
from colorfiles.engines.local import LocalEngine
from colorfiles.errors import ColorfilesError, ForeignFile
from colorfiles.files import discard
from colorfiles.locks import only_writer
from colorfiles.storage import Storage
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.samples import resized_photo
from dataprep.shards.shard_set import ShardSet, unpack_bins
from dataprep.shards.views import View, ViewSettings, cut_luma
from dataprep.shards.writing import ShardSettings, ShardSummary, write_shards

SMALL = ShardSettings(views=ViewSettings(size=64), shard_samples=20)


def write(
    photos: Path, out: Path, palette: Palette, settings: ShardSettings = SMALL, **options
) -> ShardSummary:
    engine = LocalEngine(options.pop("workers", 1))
    rows = options.pop("rows", None) or PhotoFolder(photos).kept()
    return write_shards(
        rows,
        Storage(str(photos)),
        Storage(str(out)),
        palette=palette,
        settings=settings,
        engine=engine,
        **options,
    )


def bytes_of(folder: Path) -> dict[str, str]:
    """Every file there is, hidden ones too."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def reference(photo_folder: Path, small_palette: Palette, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("reference") / "shards"
    write(photo_folder, out, small_palette)
    return out


def test_every_photo_is_there_once_with_all_its_views(reference: Path, photo_folder: Path) -> None:
    shards = ShardSet.open(str(reference))
    rows = [row for shard in shards.shards for row in shards.table(shard).to_pylist()]
    photos = {photo.key for photo in PhotoFolder(photo_folder).kept()}
    assert {row["photo_key"] for row in rows} == photos
    views = {}
    for row in rows:
        views.setdefault((row["photo_key"], row["split"]), []).append(row["view"])
    assert len(views) == len(photos)
    for (_, split), numbers in views.items():
        assert sorted(numbers) == (list(range(5)) if split == "train" else [0])


def test_the_index_agrees_with_the_files(reference: Path) -> None:
    shards = ShardSet.open(str(reference))
    assert shards.splits == ("train", "val", "test")
    assert len(shards.of_split("train")) >= 4
    for shard in shards.shards:
        tar = (reference / shard.file).read_bytes()
        assert (len(tar), hashlib.sha256(tar).hexdigest()) == (shard.bytes, shard.sha256)
        samples = list(shards.samples(shard))
        table = shards.table(shard).to_pylist()
        assert [key for key, _ in samples] == [row["sample_key"] for row in table]
        assert len(samples) == shard.nsamples
        assert len({row["photo_key"] for row in table}) == shard.nphotos
        counts = sum(
            np.bincount(np.frombuffer(unpack_bins(members["bins.zst"]), np.uint8), minlength=9)
            for _, members in samples
        )
        assert tuple(counts) == shard.bin_counts
    assert {shard.file for shard in shards.shards} == {p.name for p in reference.glob("*.tar")}


def test_any_sample_can_be_made_again_from_its_row(
    photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    settings = ViewSettings(size=96, luma="png", noise_sigma=0.05, seed=7)
    write(photo_folder, tmp_path / "s", small_palette, ShardSettings(settings))
    shards, folder = ShardSet.open(str(tmp_path / "s")), PhotoFolder(photo_folder)
    fields = [f.name for f in dataclasses.fields(View)]
    for shard in shards.of_split("train"):
        rows = {row["sample_key"]: row for row in shards.table(shard).to_pylist()}
        for key, members in shards.samples(shard):
            row = rows[key]
            photo = folder.get(row["photo_key"])
            assert photo is not None
            pixels = resized_photo(folder.read(photo), settings)
            assert pixels.size == (row["resized_width"], row["resized_height"])
            luma = cut_luma(pixels.convert("L"), View(**{f: row[f] for f in fields}))
            assert np.array_equal(
                np.asarray(luma), np.asarray(Image.open(io.BytesIO(members["y.png"])))
            )


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 3, 8])
def test_the_bytes_do_not_depend_on_the_number_of_workers(
    reference: Path, photo_folder: Path, small_palette: Palette, tmp_path: Path, workers: int
) -> None:
    write(photo_folder, tmp_path / "s", small_palette, workers=workers)
    assert bytes_of(tmp_path / "s") == bytes_of(reference)


def test_the_bytes_do_not_depend_on_where_the_photos_lie(
    reference: Path, photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    shutil.copytree(photo_folder, tmp_path / "moved")
    write(tmp_path / "moved", tmp_path / "s", small_palette)
    assert bytes_of(tmp_path / "s") == bytes_of(reference)


_KILLED_RUNS = """
    import os, signal, sys
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from test_writing import SMALL, write
    from colorcore import Palette
    from dataprep.shards.samples import sample_maker

    palette = Palette.from_json(Path({palette!r}).read_text())
    sample_maker(palette, SMALL.views)  # made once, for all the children
    for step in range(200):
        out = Path({out!r}) / f"{{step:03d}}"
        child = os.fork()
        if child == 0:
            taken = 0
            def killing(function):
                def call(*arguments, **keywords):
                    global taken
                    if taken == step:
                        os.kill(os.getpid(), signal.SIGKILL)
                    taken += 1
                    return function(*arguments, **keywords)
                return call
            os.replace = killing(os.replace)
            os.fsync = killing(os.fsync)
            write(Path({photos!r}), out, palette)
            os._exit(0)
        if os.WIFEXITED(os.waitpid(child, 0)[1]):
            sys.exit(0)
"""


@pytest.mark.slow
def test_a_run_killed_at_any_step_is_resumed_to_the_same_bytes_and_no_stray_file(
    photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    (tmp_path / "p.json").write_text(small_palette.to_json())
    (tmp_path / "few").mkdir()
    few = tmp_path / "few-photos"
    shutil.copytree(photo_folder, few)
    folder = PhotoFolder(few)
    for photo in folder.kept()[3:]:
        folder.remove(photo, "not needed")
    folder.commit()
    script = textwrap.dedent(_KILLED_RUNS).format(
        tests=str(Path(__file__).parent),
        palette=str(tmp_path / "p.json"),
        out=str(tmp_path / "few"),
        photos=str(few),
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    killed = sorted((tmp_path / "few").iterdir())
    assert len(killed) >= 3 * 3 * 2 + 2
    whole = bytes_of(killed.pop())
    for out in killed:
        if not {"index.json"} <= {path.name for path in out.iterdir()}:
            with pytest.raises(DataprepError, match=r"no index\.json"):
                ShardSet.open(str(out))
        write(few, out, small_palette)
        assert bytes_of(out) == whole


def test_a_finished_set_is_left_as_it_is_and_told_of_again(
    photo_folder: Path, small_palette: Palette, reference: Path, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    first = write(photo_folder, out, small_palette)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    again = write(photo_folder, out, small_palette)
    assert again == dataclasses.replace(first, resumed_shards=first.shards)
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_shards_of_which_nothing_says_what_they_were_made_from_are_kept(
    photo_folder: Path, small_palette: Palette, reference: Path, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    shutil.copytree(reference, out)
    for marker in out.glob("*-*.json"):
        marker.unlink()
    with pytest.raises(DataprepError, match=r"is of unknown origin; --resume"):
        write(photo_folder, out, small_palette)
    assert len(list(out.glob("*.tar"))) == len(list(reference.glob("*.tar")))
    write(photo_folder, out, small_palette, existing="resume")
    assert bytes_of(out) == bytes_of(reference)


@pytest.mark.slow
def test_a_killed_command_leaves_whole_shards_that_the_same_command_keeps(
    photo_folder: Path, small_palette: Palette, reference: Path, tmp_path: Path
) -> None:
    (tmp_path / "p.json").write_text(small_palette.to_json())
    out = tmp_path / "s"
    arguments = ["shard", photo_folder, "--split", "--palette", tmp_path / "p.json", "--out", out]
    arguments += ["--size", "64", "--shard-size", "20", "--workers", "2"]
    command = [sys.executable, "-m", "dataprep", *map(str, arguments)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE)
    while not list(out.glob("*-*.json")) and running.poll() is None:
        time.sleep(0.005)
    running.kill()
    running.communicate()
    again = subprocess.run([*command, "--json"], capture_output=True, check=True)
    assert json.loads(again.stdout)["resumed_shards"] >= 1
    assert bytes_of(out) == bytes_of(reference)


def test_a_damaged_or_missing_part_is_written_anew(
    photo_folder: Path, small_palette: Palette, reference: Path, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    shutil.copytree(reference, out)
    discard(out / "train-000001.parquet")
    os.truncate(out / "train-000002.tar", 5000)
    (out / "val-000000.json").write_text("{")
    shutil.copy(reference / "train-000000.tar", out / "train-000099.tar")  # of another run
    summary = write(photo_folder, out, small_palette, existing="resume")
    assert summary.resumed_shards == summary.shards - 3
    assert bytes_of(out) == bytes_of(reference)


def test_a_set_of_another_job_is_refused_unless_it_is_to_be_overwritten(
    photo_folder: Path, small_palette: Palette, reference: Path, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    shutil.copytree(reference, out)
    other = ShardSettings(ViewSettings(size=32))
    with pytest.raises(DataprepError, match=r"size: 64 there, 32 given.*--overwrite to replace"):
        write(photo_folder, out, small_palette, other)
    assert bytes_of(out) == bytes_of(reference)
    write(photo_folder, out, small_palette, other, existing="overwrite")
    assert ShardSet.open(str(out)).index["views"]["size"] == 32
    assert len(list(out.glob("*.tar"))) == len(ShardSet.open(str(out)).shards)


def test_a_resume_with_other_options_or_another_palette_is_refused_and_names_both(
    photo_folder: Path, small_palette: Palette, reference: Path
) -> None:
    other = Palette(centers=small_palette.centers[:8], prior=np.full(8, 1 / 8))
    with pytest.raises(DataprepError) as refused:
        write(photo_folder, reference, other, existing="resume")
    assert small_palette.fingerprint in str(refused.value)
    assert other.fingerprint in str(refused.value)
    with pytest.raises(DataprepError, match="views: 5 there, 4 given"):
        write(
            photo_folder,
            reference,
            small_palette,
            ShardSettings(ViewSettings(size=64, views=4), shard_samples=20),
            existing="resume",
        )
    with pytest.raises(DataprepError, match="photos and their splits"):
        write(
            photo_folder,
            reference,
            small_palette,
            existing="resume",
            rows=PhotoFolder(photo_folder).kept()[1:],
        )


def test_a_folder_of_other_files_is_refused(
    photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ForeignFile, match=r"thesis\.txt: is there already"):
        write(photo_folder, tmp_path, small_palette)


def test_two_runs_into_one_folder_exclude_each_other(
    photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    told = pytest.raises(ColorfilesError, match=f"process {os.getpid()} on .* is writing there")
    with only_writer(tmp_path), told:
        write(photo_folder, tmp_path, small_palette)


def test_photos_that_turn_out_unusable_are_skipped_and_counted_by_reason(
    photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(photo_folder, photos)
    folder = PhotoFolder(photos)
    cut_short, replaced, gone, broken = folder.kept()[:4]
    path = photos / cut_short.path
    path.write_bytes(path.read_bytes()[:2000])
    shutil.copy(photos / folder.kept()[4].path, photos / replaced.path)
    discard(photos / gone.path)
    data = folder.read(broken)[:3000]
    changed = dataclasses.replace(broken, sha256=hashlib.sha256(data).hexdigest())
    folder.add(changed, data)
    folder.commit()
    summary = write(photos, tmp_path / "s", small_palette)
    assert summary.skipped == {"changed": 2, "undecodable": 1, "unreadable": 1}
    index = ShardSet.open(str(tmp_path / "s")).index
    assert index["skipped"] == summary.skipped
    keys = {
        key
        for stats in (tmp_path / "s").glob("t*.json")
        for key in json.loads(stats.read_text())["skipped"]
    }
    keys |= set(json.loads((tmp_path / "s" / "val-000000.json").read_text())["skipped"])
    assert keys == {photo.key for photo in (cut_short, replaced, gone, broken)}


def test_small_photos_are_upscaled_or_rejected_and_counted(
    photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    settings = ShardSettings(ViewSettings(size=288, views=1, small="reject"))
    summary = write(photo_folder, tmp_path / "s", small_palette, settings)
    small = [p for p in PhotoFolder(photo_folder).kept() if min(p.width, p.height) < 288]
    assert small
    assert summary.skipped == {"smaller than 288": len(small)}


def test_a_set_without_a_usable_photo_says_so(small_palette: Palette, photo_folder: Path, tmp_path):
    settings = ShardSettings(ViewSettings(size=2048, small="reject"))
    with pytest.raises(DataprepError, match=r"no photo is left to shard: \d+ smaller than 2048"):
        write(photo_folder, tmp_path / "s", small_palette, settings)


def test_a_full_disk_is_one_clear_error(
    photo_folder: Path, small_palette: Palette, tmp_path: Path, monkeypatch
) -> None:
    # No root needed: the process may not write files beyond this size, as on a full disk.
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        "import dataprep.__main__ as m; m.main()"
    )
    (tmp_path / "p.json").write_text(small_palette.to_json())
    arguments = ["shard", str(photo_folder), "--split", "--palette", str(tmp_path / "p.json")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--out", str(tmp_path / "s"), "--workers", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "train-000000.tar" in line
    assert "run the same command again" in line
    assert [path.name for path in (tmp_path / "s").iterdir()] == [".job.json"]


def test_an_output_that_cannot_be_made_is_one_clear_error(
    photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ColorfilesError, match="can't be written to"):
        write(photo_folder, tmp_path / "file" / "s", small_palette)


def test_the_table_has_a_row_of_provenance_for_every_sample(reference: Path, photo_folder) -> None:
    folder = PhotoFolder(photo_folder)
    rows = pq.read_table(reference / "train-000000.parquet").to_pylist()
    for row in rows:
        photo = folder.get(row["photo_key"])
        assert photo is not None
        assert (row["sha256"], row["class"]) == (photo.sha256, photo.class_name)
        assert row["perceptual_hash"] == photo.perceptual_hash
