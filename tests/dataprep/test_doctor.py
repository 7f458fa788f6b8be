import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import PIL
import pytest

from dataprep.doctor import PilFacts, TorchFacts, _advice, diagnose, pil_facts, torch_facts

_SECRET = "0123456789abcdef-not-to-be-shown"


@pytest.fixture
def no_torch(tmp_path: Path) -> str:
    """A folder for PYTHONPATH in which torch fails at once, as it does without its libraries."""
    (tmp_path / "torch.py").write_text("raise OSError('libcudart.so.13: no such file')\n")
    return str(tmp_path)


def _doctor(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dataprep", "doctor", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "FLICKR_API_KEY"} | variables,
    )


def test_doctor_prints_one_json_object_with_everything_that_was_asked_for() -> None:
    done = _doctor("--json")
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    assert summary["pil"]["version"] == PIL.__version__
    assert summary["torch"]["version"] == version("torch")
    assert summary["torch"]["build"].startswith(("CPU", "CUDA", "ROCm"))
    assert summary["devices"][0] == "cpu"
    assert summary["free_bytes"] > 0
    assert summary["flickr_key_set"] is False


def test_doctor_says_that_a_key_is_set_and_never_the_key(no_torch: str) -> None:
    text = _doctor(FLICKR_API_KEY=_SECRET, PYTHONPATH=no_torch)
    assert "Flickr key set" in text.stdout
    parsed = _doctor("--json", FLICKR_API_KEY=_SECRET, PYTHONPATH=no_torch)
    assert json.loads(parsed.stdout)["flickr_key_set"] is True
    assert _SECRET not in text.stdout + text.stderr + parsed.stdout + parsed.stderr


def test_a_torch_that_does_not_start_is_told_in_one_line(
    no_torch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", no_torch)
    assert torch_facts().problem == "OSError: libcudart.so.13: no such file"


def test_doctor_imports_no_torch_into_its_own_process(no_torch: str) -> None:
    code = (
        "import sys, pathlib, dataprep.doctor as d; d.diagnose(pathlib.Path('.')); "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": no_torch})


def test_a_machine_without_torch_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataprep.doctor._installed", lambda _: "")
    assert torch_facts() == TorchFacts()


def test_the_pil_that_is_named_is_the_one_imported() -> None:
    facts = pil_facts()
    assert facts.version == PIL.__version__ == version(facts.distribution)
    assert facts.missing_codecs == ()


def test_free_space_is_that_of_the_disk_a_folder_will_lie_on(
    tmp_path: Path, no_torch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", no_torch)
    assert diagnose(tmp_path / "not" / "there" / "yet").free_at == str(tmp_path)


def test_advice_names_what_a_poor_pil_cannot_read() -> None:
    assert "WebP" in _advice(PilFacts("pillow-simd", "12.1.1", "2.1.5", ("WebP",)), TorchFacts())[0]
    assert "can't be imported" in _advice(PilFacts(), TorchFacts())[0]
