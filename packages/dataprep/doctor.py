"""Diagnosis of this machine: Pillow build, torch, devices, disk space, API keys."""

import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

KEY_VARIABLE = "FLICKR_API_KEY"
_PILS = ("pillow-simd", "pillow")  # if both are installed, the first one's files are in use
_CODECS = {
    "jpg": "JPEG",
    "zlib": "PNG",
    "libtiff": "TIFF",
    "webp": "WebP",
    "littlecms2": "color profiles",
}
_TORCH_TIMEOUT_S = 120  # the first import of torch from a cold disk may take a minute
# In a process of its own: data is prepared without torch, and a broken driver may crash it.
_ASK_TORCH = """
import json, torch
cuda = torch.version.cuda
hip = getattr(torch.version, "hip", None)
names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
if torch.backends.mps.is_available():
    names.append("Apple GPU")
build = f"CUDA {cuda}" if cuda else f"ROCm {hip}" if hip else "CPU"
print(json.dumps({"build": build, "gpus": names, "threads": torch.get_num_threads()}))
"""


@dataclass(frozen=True)
class PilFacts:
    """The installed Pillow or pillow-simd; all empty without one.

    Args:
        distribution: ``pillow`` or ``pillow-simd``.
        version: its version.
        libjpeg_turbo: the version of libjpeg-turbo; empty where it is another libjpeg.
        missing_codecs: what it can't open.
    """

    distribution: str = ""
    version: str = ""
    libjpeg_turbo: str = ""
    missing_codecs: tuple[str, ...] = ()


@dataclass(frozen=True)
class TorchFacts:
    """The installed torch; all empty without one, ``problem`` if it can't be started."""

    version: str = ""
    build: str = ""
    gpus: tuple[str, ...] = ()
    threads: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """Facts of this machine; of the Flickr key only whether it is set."""

    colorunet: str
    python: str
    system: str
    cpus: int
    pil: PilFacts
    torch: TorchFacts
    devices: tuple[str, ...]
    free_bytes: int
    free_at: str
    flickr_key_set: bool
    advice: tuple[str, ...] = ()


def diagnose(folder: Path) -> Diagnosis:
    """Gather the facts of this machine; free space is that of the disk of ``folder``."""
    pil, torch = pil_facts(), torch_facts()
    existing = next(
        path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()
    )
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Diagnosis(
        colorunet=_installed("colorunet"),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        cpus=cpus,
        pil=pil,
        torch=torch,
        devices=("cpu", *torch.gpus),
        free_bytes=shutil.disk_usage(existing).free,
        free_at=str(existing),
        flickr_key_set=bool(os.environ.get(KEY_VARIABLE, "").strip()),
        advice=tuple(_advice(pil, torch)),
    )


def pil_facts() -> PilFacts:
    """Return the Pillow that is imported, and its build."""
    try:
        import PIL  # noqa: PLC0415 - a machine without PIL is one to diagnose too
        from PIL import features  # noqa: PLC0415
    except ImportError:
        return PilFacts()
    distribution = next((name for name in _PILS if _installed(name)), "")
    turbo = features.version_feature("libjpeg_turbo") if features.check("libjpeg_turbo") else None
    return PilFacts(
        distribution=distribution or "unknown",
        version=PIL.__version__,
        libjpeg_turbo=turbo or "",
        missing_codecs=tuple(what for name, what in _CODECS.items() if not features.check(name)),
    )


def torch_facts() -> TorchFacts:
    """Return build and devices of torch, queried in a separate process."""
    installed = _installed("torch")
    if not installed:
        return TorchFacts()
    try:
        process = subprocess.run(  # noqa: S603 - this very interpreter and a constant
            [sys.executable, "-P", "-c", _ASK_TORCH],
            capture_output=True,
            text=True,
            timeout=_TORCH_TIMEOUT_S,
            check=True,
        )
        facts = json.loads(process.stdout)
    except subprocess.CalledProcessError as error:
        words = error.stderr.strip().splitlines()[-1:] or [f"exit {error.returncode}"]
        return TorchFacts(version=installed, problem=words[0])
    except (subprocess.TimeoutExpired, ValueError) as error:
        return TorchFacts(version=installed, problem=f"no answer: {type(error).__name__}")
    return TorchFacts(installed, facts["build"], tuple(facts["gpus"]), facts["threads"])


def describe(diagnosis: Diagnosis) -> str:
    """Return the diagnosis as aligned lines."""
    pil, torch = diagnosis.pil, diagnosis.torch
    jpeg = f"libjpeg-turbo {pil.libjpeg_turbo}" if pil.libjpeg_turbo else "no libjpeg-turbo"
    rows = {
        "colorunet": f"{diagnosis.colorunet}, Python {diagnosis.python}, {diagnosis.system}",
        "PIL": f"{pil.distribution} {pil.version}, {jpeg}" if pil.version else "missing",
        "torch": (torch.problem or f"{torch.version}, {torch.build} build")
        if torch.version
        else "not installed (preparing data needs none)",
        "devices": ", ".join((f"CPU ({diagnosis.cpus} cores)", *torch.gpus)),
        "free disk": f"{diagnosis.free_bytes / 1e9:,.1f} GB at {diagnosis.free_at}",
        "Flickr key": "set" if diagnosis.flickr_key_set else f"not set ({KEY_VARIABLE})",
    }
    lines = [f"{name:<11}{value}" for name, value in rows.items()]
    return "\n".join(lines + [f"advice     {words}" for words in diagnosis.advice])


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _advice(pil: PilFacts, torch: TorchFacts) -> list[str]:
    advice = []
    if not pil.version:
        advice.append("PIL can't be imported: pip install pillow, or run tools/setup again")
    if pil.missing_codecs:
        advice.append(
            f"this PIL can't read {', '.join(pil.missing_codecs)}: tools/setup --pil pillow"
        )
    if pil.distribution == "pillow" and (sys.platform, platform.machine()) == ("linux", "x86_64"):
        advice.append("pillow-simd resizes faster than Pillow: tools/setup --pil simd")
    if torch.problem:
        advice.append("torch is installed but doesn't start: run tools/setup again")
    return advice
