"""A study runs from photo folders to tables and pictures, and goes on where it was stopped."""

import itertools
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import study
from PIL import Image
from running import output_of
from step_keeper import Step, StepFailed, StepKeeper
from study_parts.definition import ABLATION_STEP, read_study
from study_parts.same_bins import measure_in_bins_of

EXPERIMENTS = Path(__file__).parents[2] / "experiments"

STUDY = """
recipe = "poster"
[same]
epochs = 1000
every_epochs = 1000
measure = "latest"
val_samples = 2
workers = 0
threads = 1
batch_size = 2
[palettes]
kmeans = "--bins 8"
[[rung]]
name = "start"
change = "a small U-Net on colourful photos"
palette = "kmeans"
set = { architecture = "unet", width = 8, depth = 2, norm = "pixel" }
least_colorfulness = 10.0
temperature = "val"
[[baseline]]
name = "more"
change = "another folder's photos too, decoded with caution"
from = "start"
more = 1
temperature = 0.5
decode = "--caution 0.2"
[[pareto]]
name = "same-net"
change = "the ablation step"
from = "start"
[[curve]]
name = "half"
change = "half of the photos, two sizes of them averaged"
from = "start"
axis = "photos"
share = 0.5
scales = [0.5, 1]
"""


@pytest.fixture(scope="module")
def finished(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """The words of a study of three fits, and its folder when it was through."""
    root = tmp_path_factory.mktemp("study")
    for number, path in enumerate(sorted(demo_photos.rglob("*.*"))):
        image = Image.open(path).convert("RGB")
        for half in range(2):
            left = half * image.width // 2
            cut = image.crop((left, 0, left + image.width // 2, image.height)).resize((96, 80))
            folder = root / {0: "eval-in", 1: "more-in"}.get(number, "in")
            folder.mkdir(exist_ok=True)
            cut.save(folder / f"{path.stem}-{half}.png")
    for source, photos in (("in", "photos"), ("eval-in", "eval-photos"), ("more-in", "more")):
        dataprep = Path(sys.executable).parent / "dataprep"
        output_of(dataprep, "import", root / source, "--out", root / photos)
    (root / "plan.toml").write_text(STUDY)
    words = ["--photos", root / "photos", "--eval-photos", root / "eval-photos"]
    words += ["--more", root / "more"]
    words += ["--out", root / "out", "--plan", root / "plan.toml", "--samples", "4"]
    words += ["--edge", "32", "--size", "64", "--seeds", "1", "--limit", "2"]
    texts = [str(word) for word in words]
    output = output_of(sys.executable, EXPERIMENTS / "study.py", *texts)
    assert output.count("$ trainer fit") == 3
    assert (root / "out" / "study.md").read_text() in output
    return texts, root / "out"


def _report(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "study.json").read_text())
    return content


def test_a_study_measures_every_entry_on_both_sets(finished: tuple[list[str], Path]) -> None:
    entries = {entry["name"]: entry for entry in _report(finished[1])["entries"]}
    assert list(entries) == ["start", "more", "same-net", "half"]
    for entry in entries.values():
        (seed,) = entry["seeds"]
        assert seed["steps"] == 2
        for of in ("photos", "eval"):
            figures = seed["measures"][of]["effective_colors"]
            assert 1 <= figures["low"] <= figures["value"] <= figures["high"] <= 8
            assert -1 <= seed["measures"][of]["position_probe"]["value"] <= 1
    swept = next((finished[1] / "steps").glob("sweep-start-s0.json"))
    suggested = json.loads(swept.read_text())["result"]["suggested_temperature"]
    assert entries["start"]["seeds"][0]["temperature"] == suggested


def test_a_pareto_point_that_is_an_ablation_step_shares_its_fit(
    finished: tuple[list[str], Path],
) -> None:
    entries = {entry["name"]: entry for entry in _report(finished[1])["entries"]}
    assert entries["same-net"]["seeds"] == entries["start"]["seeds"]
    runs = sorted(path.name for path in (finished[1] / "runs").iterdir())
    assert runs == ["half-s0", "more-s0", "start-s0"]


def test_a_share_of_the_photos_is_chosen_by_their_keys_and_what_scales_say_is_asked_for(
    finished: tuple[list[str], Path],
) -> None:
    out = finished[1]
    kept = (out / "split-above-10.csv").read_text().splitlines()
    fewer = (out / "split-above-10-share-0.5.csv").read_text().splitlines()
    training = [row for row in kept if row.endswith(",train")]
    assert len([row for row in fewer if row.endswith(",train")]) == round(0.5 * len(training))
    assert set(fewer) < set(kept)
    measured = json.loads(next((out / "steps").glob("evaluate-half-s0-*photos*.json")).read_text())
    assert measured["result"]["averaging"]["scales"] == [0.5, 1.0]
    entries = {entry["name"]: entry for entry in _report(out)["entries"]}
    assert [entries[name]["photos"] for name in ("start", "half")] == [
        len(training),
        round(0.5 * len(training)),
    ]


def test_more_photos_are_trained_on_and_nothing_else_and_are_decoded_as_the_plan_says(
    finished: tuple[list[str], Path],
) -> None:
    from dataprep.photos.folder import PhotoFolder

    out = finished[1]
    base = (out / "split-above-10.csv").read_text().splitlines()
    more = (out / "split-above-10-and-1-more.csv").read_text().splitlines()
    added = [f"{photo.key},train" for photo in PhotoFolder(out.parent / "more").kept()]
    assert sorted(more) == sorted([*base, *added])
    fitted = json.loads((out / "steps" / "fit-more-s0.json").read_text())
    assert "shards-photos-kmeans-above-10-and-1-more" in fitted["command"]
    for of in ("photos", "eval"):
        (record,) = (out / "steps").glob(f"evaluate-more-s0-*-{of}-*.json")
        assert json.loads(record.read_text())["result"]["decoding"]["caution"] == 0.2
    with pytest.raises(SystemExit, match="--more: 1 further photo folders are trained on, 0 given"):
        study.main(
            [word for word in finished[0] if word not in ("--more", str(out.parent / "more"))],
            standalone_mode=False,
        )


def test_tables_and_pictures_are_written_and_name_whose_photos_they_show(
    finished: tuple[list[str], Path],
) -> None:
    out = finished[1]
    text = (out / "study.md").read_text()
    assert sum(line.startswith("| start |") for line in text.splitlines()) >= 7
    assert "- red (" in text
    assert (out / "pictures.jpg").stat().st_size <= 400_000
    for picture in ("study.png", "pareto.png", "curves.png", "pictures.jpg"):
        with Image.open(out / picture) as image:
            low, high = image.convert("L").getextrema()
            assert high - low > 100


def test_dull_photos_leave_the_training_split_only(finished: tuple[list[str], Path]) -> None:
    out = finished[1]
    everyone = (out / "split.csv").read_text().splitlines()
    kept = (out / "split-above-10.csv").read_text().splitlines()
    left_out = set(everyone) - set(kept)
    assert left_out
    assert not set(kept) - set(everyone)
    assert all(row.endswith(",train") for row in left_out)


def test_a_rerun_does_nothing_again_and_a_changed_one_is_refused(
    finished: tuple[list[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words, out = finished
    before = (out / "study.md").read_text()
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    study.main(words, standalone_mode=False)
    assert "$ " not in capsys.readouterr().out
    assert (out / "study.md").read_text() == before
    with pytest.raises(SystemExit, match="fit-start-s0: done or begun with other settings"):
        study.main([*words, "--samples", "8"], standalone_mode=False)


def test_in_its_own_bins_a_run_measures_as_trainer_evaluate_says(
    finished: tuple[list[str], Path],
) -> None:
    from trainer.data.shard_set import ShardSet

    out = finished[1]
    shards = ShardSet.open(out / "shards-photos-kmeans")
    (seed,) = _report(out)["entries"][0]["seeds"]
    temperature = seed["temperature"]
    again = measure_in_bins_of(out / "runs" / "start-s0", shards, temperature=temperature, limit=2)
    for name, figures in again["variants"]["prediction"].items():
        assert figures == pytest.approx(seed["measures"]["photos"][name]), name


def test_a_killed_step_goes_on_and_a_failed_one_names_its_last_line(tmp_path: Path) -> None:
    script = tmp_path / "count.py"
    script.write_text(
        "import json, pathlib, sys\n"
        "made = pathlib.Path(sys.argv[1])\n"
        "if not made.exists():\n"
        "    made.write_text('half')\n"
        "    sys.exit('no room')\n"
        "print(json.dumps({'resumed': '--resume' in sys.argv, 'found': made.read_text()}))\n"
    )
    made = tmp_path / "out" / "made"
    step = Step("count", ("python", script, made), makes=made, resumes=True)
    with StepKeeper(tmp_path / "out", logs=True) as keeper:
        with pytest.raises(StepFailed, match="count: exit 1: no room"):
            keeper.do(step)
        assert keeper.do(step).result == {"resumed": True, "found": "half"}
        made.unlink()
        assert keeper.do(step).result == {"resumed": True, "found": "half"}  # kept, not done again
        with pytest.raises(StepFailed, match="still at work here"):
            StepKeeper(tmp_path / "out", logs=True)


def test_the_study_goes_from_the_poster_to_ours_one_change_at_a_time() -> None:
    definition = read_study(EXPERIMENTS / "study.toml")
    steps = definition.of_kind(ABLATION_STEP)
    assert steps[0].name == "poster"
    assert steps[0].training.overrides == ()
    for former, step in itertools.pairwise(steps):
        assert (former.training, former.temperature, former.scales) != (
            step.training,
            step.temperature,
            step.scales,
        )
        kept = dict(former.training.overrides).keys() <= dict(step.training.overrides).keys()
        assert kept
    by_name = {entry.name: entry for entry in definition.entries}
    assert definition.fit_name(by_name["averaging"]) == "padding"
    assert definition.fit_name(by_name["unet-36"]) == "padding"
    assert definition.fit_name(by_name["photos-all"]) == "length"


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("width = 8", "widht = 8", "start: unknown key 'widht'"),
        ('"same-net"', '"start"', "start: the name stands for another entry already"),
        ('axis = "photos"', 'axis = "depth"', "half: a curve, and nothing else, has an axis"),
        ('from = "start"', 'from = "end"', "more: from 'end': no such entry before it"),
    ],
)
def test_a_mistake_in_a_study_is_told_before_anything_is_fitted(
    tmp_path: Path, right: str, wrong: str, complaint: str
) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(STUDY.replace(right, wrong))
    with pytest.raises(ValueError, match=complaint):
        read_study(path)
