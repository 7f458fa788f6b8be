"""``dataprep import``: every image used rightly or rejected with its reason."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageOps

from dataprep.cli import app
from dataprep.errors import DataprepError
from dataprep.photos import colorless
from dataprep.sources.image_tree import image_tree


def run_import(*args: object) -> Result:
    return CliRunner().invoke(app, ["import", *map(str, args)])


def rows(photos: Path) -> dict[str, dict]:
    """The manifest by original path, without times."""
    table = pq.read_table(photos / "manifest.parquet").to_pylist()
    return {
        row.pop("source_path"): {k: v for k, v in row.items() if not k.endswith("_at")}
        for row in table
    }


def stored(photos: Path) -> dict[str, str]:
    return {
        path.relative_to(photos).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in photos.rglob("*")
        if path.is_file() and path.name != "manifest.parquet"
    }


@pytest.fixture
def cat(demo_photos: Path) -> Image.Image:
    return Image.open(demo_photos / "skimage" / "chelsea.png").convert("RGB")


@pytest.fixture
def tree(tmp_path: Path, demo_photos: Path, cat: Image.Image) -> Path:
    """Real photographs in nested folders, and beside them one of everything that is refused."""
    root = tmp_path / "tree"
    (root / "animals" / "cats").mkdir(parents=True)
    (root / "places").mkdir()
    cat.save(root / "animals" / "cats" / "chelsea.png")
    shutil.copy(demo_photos / "sklearn" / "china.jpg", root / "places" / "china.jpg")
    shutil.copy(demo_photos / "sklearn" / "flower.jpg", root / "flower")  # no suffix
    shutil.copy(root / "places" / "china.jpg", root / "places" / "copy.jpg")
    cat.resize((225, 150)).save(root / "animals" / "small-cat.jpg", quality=80)
    cat.convert("L").save(root / "gray.png")
    sepia = ImageOps.colorize(cat.convert("L"), (10, 5, 0), (255, 240, 205), (130, 98, 66))
    sepia.transpose(Image.Transpose.ROTATE_90).save(root / "sepia.jpg", quality=90)
    cat.resize((40, 30)).save(root / "tiny.png")
    (root / "broken.jpg").write_bytes((root / "places" / "china.jpg").read_bytes()[:5000])
    (root / "empty.jpg").touch()
    (root / "notes.txt").write_text("no image, and not counted")
    (root / ".hidden.jpg").write_bytes(b"not looked at")
    return root


def test_each_file_is_kept_or_has_its_reason(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run_import(tree, "--out", out, "--json")
    assert result.exit_code == 0
    found = rows(out)
    assert {path: row["reason"].split(":")[0] for path, row in found.items()} == {
        "animals/cats/chelsea.png": "",
        "animals/small-cat.jpg": "near-duplicate",
        "broken.jpg": "undecodable",
        "empty.jpg": "undecodable",
        "flower": "",
        "gray.png": "gray",
        "places/china.jpg": "",
        "places/copy.jpg": "duplicate",
        "sepia.jpg": "toned",
        "tiny.png": "too small",
    }
    china = found["places/china.jpg"]
    assert found["places/copy.jpg"]["reason"] == f"duplicate: of {china['key']}"
    assert (china["width"], china["height"]) == (640, 427)
    assert json.loads(result.stdout) == {
        "seen": 10,
        "kept": 3,
        "already_there": 0,
        "rejected": 7,
        "rejected_by_reason": {
            "duplicate": 1, "gray": 1, "near-duplicate": 1, "toned": 1, "too small": 1,
            "undecodable": 2,
        },
        "updated": 0,
        "metadata_unmatched": [],
        "left_out": {"hidden files": 1},
    }  # fmt: skip
    kept = {path: row for path, row in found.items() if row["status"] == "kept"}
    assert {row["path"] for row in kept.values()} == set(stored(out))
    for path, row in kept.items():
        assert (out / row["path"]).read_bytes() == (tree / path).read_bytes()
        assert row["sha256"] == stored(out)[row["path"]]
        assert row["bytes"] == (tree / path).stat().st_size


def test_an_import_walks_through_its_tree_once(tree: Path, tmp_path: Path) -> None:
    walks = []

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is image_tree.__code__:
            walks.append(frame.f_locals["root"])

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        result = run_import(tree, "--out", tmp_path / "photos", "--json")
    finally:
        sys.setprofile(before)
    assert json.loads(result.stdout)["kept"] > 0
    assert walks == [tree]


def test_the_folder_name_becomes_the_class(tree: Path, tmp_path: Path) -> None:
    run_import(tree, "--out", tmp_path / "out")
    found = rows(tmp_path / "out")
    assert found["animals/cats/chelsea.png"]["class"] == "cats"
    assert found["places/china.jpg"]["class"] == "places"
    assert found["flower"]["class"] == "tree"


def test_a_second_run_changes_nothing_and_a_new_photo_is_added(
    tree: Path, tmp_path: Path, demo_photos: Path
) -> None:
    out = tmp_path / "out"
    run_import(tree, "--out", out)
    before = (rows(out), stored(out))
    again = json.loads(run_import(tree, "--out", out, "--json").stdout)
    assert again["already_there"] == again["seen"] == 10
    assert (rows(out), stored(out)) == before
    shutil.copy(demo_photos / "skimage" / "coffee.png", tree / "a-first.png")
    assert json.loads(run_import(tree, "--out", out, "--json").stdout)["kept"] == 4
    assert {k: v for k, v in rows(out).items() if k != "a-first.png"} == before[0]


def test_a_toned_photo_that_an_earlier_version_kept_stays_and_its_import_goes_on(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, later = tmp_path / "out", tree / "later.jpg"
    whole = Image.open(tree / "sepia.jpg")  # a copy of another photo; its half is none
    whole.crop((0, 0, whole.width // 2, whole.height)).save(tree / "sepia.jpg", quality=95)
    with monkeypatch.context() as earlier:  # it knew gray alone
        earlier.setattr(colorless, "is_toned", lambda image: False)
        run_import(tree, "--out", out)
    kept = rows(out)["sepia.jpg"]
    assert kept["status"] == "kept"
    before = (rows(out), stored(out))
    Image.open(tree / "sepia.jpg").transpose(Image.Transpose.ROTATE_180).save(later, quality=90)
    assert run_import(tree, "--out", out).exit_code == 0
    found = rows(out)
    assert found.pop("later.jpg")["reason"] == "toned"
    assert (found, stored(out)) == before


def test_a_manifest_that_a_kill_cut_short_is_swept_away(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_import(tree, "--out", out)
    (out / ".colorunet.0123456789abcdef.tmp").write_bytes(b"half a manifest")
    run_import(tree, "--out", out)
    assert not list(out.glob(".*.tmp"))


def test_a_photo_that_was_deleted_comes_back(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_import(tree, "--out", out)
    before = (rows(out), stored(out))
    (out / rows(out)["places/china.jpg"]["path"]).unlink()
    run_import(tree, "--out", out)
    assert (rows(out), stored(out)) == before


def test_a_lower_min_edge_lets_small_ones_in_later(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_import(tree, "--out", out, "--min-edge", 400)
    assert rows(out)["animals/cats/chelsea.png"]["reason"] == "too small: 451 x 300"
    run_import(tree, "--out", out, "--min-edge", 100)
    assert rows(out)["animals/cats/chelsea.png"]["status"] == "kept"


def test_links_that_lead_out_are_not_followed_and_loops_do_no_harm(
    tree: Path, tmp_path: Path, demo_photos: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(demo_photos / "skimage" / "coffee.png", outside / "secret.png")
    (tree / "secret.png").symlink_to(outside / "secret.png")
    (tree / "more").symlink_to(outside)
    (tree / "places" / "again").symlink_to(tree)
    (tree / "loop.jpg").symlink_to(tree / "loop.jpg")
    (tree / "nothing.jpg").symlink_to(tree / "gone")
    (tree / "z-inside.jpg").symlink_to(tree / "places" / "china.jpg")
    os.mkfifo(tree / "pipe.jpg")
    assert run_import(tree, "--out", tmp_path / "out").exit_code == 0
    found = rows(tmp_path / "out")
    assert len(found) == 14
    assert found["z-inside.jpg"]["reason"].startswith("duplicate")
    for name in ("loop.jpg", "nothing.jpg", "pipe.jpg"):
        assert found[name]["status"] == "rejected"


def test_names_that_are_not_utf8_or_hostile_are_carried_safely(
    tmp_path: Path, demo_photos: Path
) -> None:
    root = tmp_path / "tree"
    folder = os.fsencode(root) + b"/caf\xe9\n;rm"
    os.makedirs(folder)
    china = (demo_photos / "sklearn" / "china.jpg").read_bytes()
    with open(folder + b"/\xff\xfe'\"$(x).jpg", "wb") as file:
        file.write(china)
    assert run_import(root, "--out", tmp_path / "out").exit_code == 0
    (row,) = pq.read_table(tmp_path / "out" / "manifest.parquet").to_pylist()
    assert row["status"] == "kept"
    assert row["class"].startswith("caf")
    assert (tmp_path / "out" / row["path"]).read_bytes() == china


def test_the_output_inside_the_tree_is_not_imported(tree: Path) -> None:
    assert run_import(tree, "--out", tree / "out").exit_code == 0
    again = json.loads(run_import(tree, "--out", tree / "out", "--json").stdout)
    assert again["seen"] == again["already_there"] == 10


def test_importing_a_folder_into_itself_is_refused(tree: Path) -> None:
    result = run_import(tree, "--out", tree)
    assert isinstance(result.exception, DataprepError)
    assert not (tree / "manifest.parquet").exists()


def test_metadata_gives_licence_and_owner(tree: Path, tmp_path: Path) -> None:
    table = tmp_path / "metadata.csv"
    table.write_text(
        "path,license_name,owner_name,class,sha256,nonsense\n"
        "places/china.jpg,CC BY 4.0,someone,temple,0000,1\n"
    )
    run_import(tree, "--out", tmp_path / "out", "--metadata", table)
    china = rows(tmp_path / "out")["places/china.jpg"]
    assert (china["license_name"], china["owner_name"], china["class"]) == (
        "CC BY 4.0", "someone", "temple",
    )  # fmt: skip
    assert china["sha256"] != "0000"
    assert rows(tmp_path / "out")["flower"]["license_name"] == ""
    table.write_text("name,license_name\nx,y\n")
    error = run_import(tree, "--out", tmp_path / "other", "--metadata", table).exception
    assert "no column 'path'" in str(error)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffpath,license_name,owner_name\nplaces/china.jpg,CC BY 4.0,Zoë\n",
        "path;license_name;owner_name\r\nplaces\\china.jpg;CC BY 4.0;Zoë\r\n",
        "Path\tLicense_name\towner_name\n./places/china.jpg\tCC BY 4.0\tZoë\n",
    ],
    ids=["mark", "semicolons", "tabs"],
)
def test_tables_as_other_programs_write_them_are_read(
    content: str, tree: Path, tmp_path: Path
) -> None:
    table = tmp_path / "metadata.csv"
    table.write_text(content, encoding="utf-8", newline="")
    result = run_import(tree, "--out", tmp_path / "out", "--metadata", table)
    assert result.stderr == "not looked at: 1 hidden files\n"
    china = rows(tmp_path / "out")["places/china.jpg"]
    assert (china["license_name"], china["owner_name"]) == ("CC BY 4.0", "Zoë")


def test_what_of_a_table_has_no_use_is_named(tree: Path, tmp_path: Path) -> None:
    table = tmp_path / "metadata.csv"
    table.write_text("path,licence_name,notes\nplaces/china.jpg,CC0,x\nplaces/chna.jpg,CC0,y\n")
    result = run_import(tree, "--out", tmp_path / "out", "--metadata", table, "--json")
    assert result.stderr.splitlines() == [
        f"{table}: column 'licence_name' isn't used; did you mean license_name?",
        f"{table}: column 'notes' isn't used",
        f"{table}: 1 rows match no image: places/chna.jpg",
        "not looked at: 1 hidden files",
    ]
    assert json.loads(result.stdout)["metadata_unmatched"] == ["places/chna.jpg"]
    table.write_bytes("path,owner_name\nplaces/china.jpg,Zoë\n".encode("latin-1"))
    error = run_import(tree, "--out", tmp_path / "out", "--metadata", table).exception
    assert "line 2 isn't UTF-8" in str(error)


def test_a_second_import_brings_the_metadata_up_to_date(tree: Path, tmp_path: Path) -> None:
    out, table = tmp_path / "out", tmp_path / "metadata.csv"
    table.write_text("path,license_name,title\nplaces/china.jpg,CC BY 4.0,Temple\n")
    run_import(tree, "--out", out, "--metadata", table)
    before, files = rows(out), stored(out)
    table.write_text("path,license_name,class\nplaces/china.jpg,CC0,temple\nflower,CC0,\n")
    told = json.loads(run_import(tree, "--out", out, "--metadata", table, "--json").stdout)
    assert told["updated"] == 2
    after = rows(out)
    china = after["places/china.jpg"]
    assert (china["license_name"], china["title"], china["class"]) == ("CC0", "Temple", "temple")
    assert after["flower"]["license_name"] == "CC0"
    assert {k: v for k, v in after.items() if k not in ("places/china.jpg", "flower")} == {
        k: v for k, v in before.items() if k not in ("places/china.jpg", "flower")
    }
    assert stored(out) == files
    again = json.loads(run_import(tree, "--out", out, "--metadata", table, "--json").stdout)
    assert again["updated"] == 0


def test_what_programs_keep_beside_photos_is_left_out_and_counted(
    tree: Path, tmp_path: Path
) -> None:
    for name in (".thumbnails", "@eaDir", "__MACOSX", "#recycle"):
        (tree / "places" / name).mkdir()
        shutil.copy(tree / "gray.png", tree / "places" / name / "thumb.png")
    shutil.copy(tree / "gray.png", tree / "._gray.png")
    result = run_import(tree, "--out", tmp_path / "photos", "--json")
    summary = json.loads(result.stdout)
    assert summary["left_out"] == {"hidden or programs' folders": 4, "hidden files": 2}
    assert "not looked at: 4 hidden or programs' folders, 2 hidden files" in result.stderr
    assert not [path for path in rows(tmp_path / "photos") if "thumb" in path]


@pytest.mark.parametrize("content", [None, [], ["notes.txt"]])
def test_nothing_to_import_is_one_clear_error(tmp_path: Path, content: list[str] | None) -> None:
    root = tmp_path / "root"
    if content is not None:
        root.mkdir()
        for name in content:
            (root / name).touch()
    result = run_import(root, "--out", tmp_path / "out")
    assert isinstance(result.exception, DataprepError)
    assert str(root) in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_max_rejected_exits_3_and_usage_errors_exit_2(tree: Path, tmp_path: Path) -> None:
    assert run_import(tree, "--out", tmp_path / "a", "--max-rejected", 6).exit_code == 3
    assert run_import(tree, "--out", tmp_path / "b", "--max-rejected", 7).exit_code == 0
    assert run_import(tree).exit_code == 2
    assert run_import(tree, "--out", tmp_path / "c", "--nonsense").exit_code == 2


def test_the_real_command_prints_one_json_object_and_one_line_for_an_error(
    tree: Path, tmp_path: Path
) -> None:
    def command(*args: object) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "dataprep", "import", *map(str, args)]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    good = command(tree, "--out", tmp_path / "out", "--json")
    assert good.returncode == 0
    assert json.loads(good.stdout)["kept"] == 3
    assert good.stderr == "not looked at: 1 hidden files\n"
    bad = command(tmp_path / "nowhere", "--out", tmp_path / "out")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.count("\n") == 1
    assert "nowhere" in bad.stderr


def test_sigkill_in_the_middle_and_a_rerun_give_the_undisturbed_folder(
    tmp_path: Path, cat: Image.Image
) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    rng = np.random.default_rng(0)
    for number in range(40):
        left, top = rng.integers(0, 200), rng.integers(0, 100)
        part = cat.crop((left, top, left + 200, top + 180)).resize((400, 360))
        part.save(root / f"{number:02}.png")
    (root / "20-copy.png").write_bytes((root / "07.png").read_bytes())
    assert run_import(root, "--out", tmp_path / "undisturbed").exit_code == 0
    waits, kills = random.Random(1), 0
    for round_ in range(2):
        out = tmp_path / str(round_)
        for _ in range(3):
            process = subprocess.Popen(
                [sys.executable, "-m", "dataprep", "import", str(root), "--out", str(out)],
                stdout=subprocess.DEVNULL,
            )
            deadline = time.monotonic() + 30
            while not (out / "folder").exists() and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(waits.uniform(0, 0.2))
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        assert run_import(root, "--out", out).exit_code == 0
        assert rows(out) == rows(tmp_path / "undisturbed")
        assert stored(out) == stored(tmp_path / "undisturbed")
    assert kills


def test_workers_do_not_change_the_result(tree: Path, tmp_path: Path) -> None:
    for workers in (1, 4):
        run_import(tree, "--out", tmp_path / str(workers), "--workers", workers)
    assert rows(tmp_path / "1") == rows(tmp_path / "4")
