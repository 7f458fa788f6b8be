"""Call of ``colorunet colorize``: its request, and the plan made from it once."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from colorfiles.engines.engine import Engine
from colorunet.batch.cluster import PartWork
from colorunet.batch.evidence import EvidenceOptions
from colorunet.batch.manifest import FILE as MANIFEST
from colorunet.batch.outputs import Plan, plan_outputs
from colorunet.batch.painting import ColorOptions
from colorunet.batch.settings import ColorizeSettings
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions
from colorunet.coloring.steering.album import Album
from colorunet.coloring.toning import as_vivid
from colorunet.coloring.working_size import WORKING_EDGE_PX
from colorunet.errors import InvalidRequest
from colorunet.parameters.meta import read_meta
from colorunet.parameters.shipped import DEFAULT_NETWORK, is_run, network_name, shipped_run
from colorunet.video.clip_formats import CLIP
from colorunet.video.clips import frames_promised


@dataclass(frozen=True)
class ColorizeRequest:
    """Request of a user.

    Args:
        paths: photos, clips and folders; a run may come first.
        out: the folder of the outputs, or one file for one photo.
        network: the name of a shipped one, where no run is given; None for the default.
        prediction: settings that replace the network's own.
        vividness: sets the temperature; None leaves it.
        working_edge_px: the shorter edge at which the network sees a photo.
        color_options: toning, hints, references and versions.
        significant_bits: of 16-bit scans; see ``ReadSettings``.
        compare: also write pictures that show gray and colour side by side.
        album: a folder of reference photos; see ``Call.with_album``.
        evidence: marks, records and signatures.
        engine: runs the work in other processes; None colours in this one.
        manifest: the file of results to write; None only where a rerun needs one.
        overwrite: replace existing outputs.
    """

    paths: tuple[Path, ...]
    out: Path
    network: str | None = None
    prediction: PredictionOptions = field(default_factory=PredictionOptions)
    vividness: float | None = None
    working_edge_px: int = WORKING_EDGE_PX
    color_options: ColorOptions = field(default_factory=ColorOptions)
    significant_bits: int | None = None
    compare: bool = False
    album: Path | None = None
    evidence: EvidenceOptions = field(default_factory=EvidenceOptions)
    engine: Engine | None = None
    manifest: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True)
class Call:
    """Everything decided before the first photo is read.

    Args:
        plan: photos and outputs.
        network: the name of the network, or its folder.
        colorizer: that network, loaded.
        settings: how photos are read, coloured and written.
        engine: runs ``work``; None colours in this process.
        work: the function of the engine's workers.
        manifest: the file of results to write.
        steps: of the progress: one for each file, and about one for each frame of a clip.
    """

    plan: Plan
    network: str
    colorizer: Colorizer
    settings: ColorizeSettings
    engine: Engine | None = None
    work: PartWork | None = None
    manifest: Path | None = None
    steps: int = 0

    def with_album(self, album: Album) -> "Call":
        """Return the call with an album that gives photos their colours."""
        settings = replace(self.settings, album=album)
        work = None if self.work is None else replace(self.work, settings=settings)
        return replace(self, settings=settings, work=work)


def plan_call(request: ColorizeRequest) -> Call:
    """Find photos, network and settings; nothing is written.

    Raises:
        InvalidRequest: parts of the request exclude each other, or a path doesn't exist.
        ColorunetError: there is no photo, no such network, or an output would replace an input.
    """
    _require_compatible(request)
    run, inputs = _run_and_inputs(request)
    plan = plan_outputs(
        inputs, request.out, compare=request.compare, versions=request.color_options.versions
    )
    _require_fitting_photos(request.color_options, inputs, plan)
    _require_fitting_clips(request, plan)
    network = str(run or network_name(request.network or DEFAULT_NETWORK))
    folder = run or shipped_run(network)
    prediction = request.prediction
    if request.vividness is not None:
        prediction = as_vivid(prediction, read_meta(folder, "best"), request.vividness)
    edge = request.working_edge_px
    colorizer = Colorizer.load(folder, prediction, working_edge_px=edge)
    settings = ColorizeSettings(request.overwrite, request.color_options, request.significant_bits)
    evidence = request.evidence.evidence(folder, network, colorizer, settings)
    settings = replace(settings, evidence=evidence)
    return Call(
        plan=plan,
        network=network,
        colorizer=colorizer,
        settings=settings,
        engine=request.engine,
        work=PartWork(folder, prediction, edge, settings) if request.engine else None,
        manifest=_manifest(request, plan),
        steps=_steps(plan, request.overwrite),
    )


def _require_compatible(request: ColorizeRequest) -> None:
    if request.prediction.temperature is not None and request.vividness is not None:
        raise InvalidRequest("--vividness sets the temperature; give one of them")
    if request.album is not None and request.color_options.steering.reference is not None:
        raise InvalidRequest("--album finds the references; leave out --reference")


def _run_and_inputs(request: ColorizeRequest) -> tuple[Path | None, tuple[Path, ...]]:
    """Return the run, where the first path is one, and the other paths."""
    first, *others = request.paths
    if not is_run(first):
        return None, request.paths
    if not others:
        raise InvalidRequest(f"{first} is a run; name the images to colourise after it")
    if request.network:
        raise InvalidRequest(f"{first} is a run; give it or --network, not both")
    return first, tuple(others)


def _require_fitting_photos(options: ColorOptions, inputs: tuple[Path, ...], plan: Plan) -> None:
    photos = plan.sources.photos
    if inputs[0] in plan.sources.empty:
        raise InvalidRequest(f"{inputs[0]}: neither a run nor a folder with images in it")
    if options.steering.hints and len(photos) > 1:
        raise InvalidRequest("--hints are pixels of one photo or clip; give one, or no hints")
    if options.timed.has_times and not plan.has_clips:
        raise InvalidRequest("a time in --reference or --hints is for clips")


def _require_fitting_clips(request: ColorizeRequest, plan: Plan) -> None:
    photos = plan.sources.photos
    clips = sum(photo.format == CLIP for photo in photos)
    evidence = request.evidence
    for option, is_given in (("--sign", evidence.sign is not None), ("--badge", evidence.badge)):
        if clips and is_given:
            raise InvalidRequest(
                f"{option} is for photos, and there are clips among the inputs; colour them in a "
                "call of their own, without it"
            )
    if request.compare and clips == len(photos):
        raise InvalidRequest("--compare is for photos; leave it out for clips")


def _manifest(request: ColorizeRequest, plan: Plan) -> Path | None:
    # Without marks, a rerun recognizes outputs of an earlier call by the manifest alone.
    is_needed = request.engine is not None or (
        not request.evidence.mark and plan.out == request.out
    )
    return request.manifest or (plan.out / MANIFEST if is_needed else None)


def _steps(plan: Plan, overwrite: bool) -> int:
    clips = (job for job in plan.jobs if job.source.format == CLIP)
    to_color = (Path(job.source.name) for job in clips if overwrite or not job.is_there)
    return len(plan.jobs) + frames_promised(to_color)
