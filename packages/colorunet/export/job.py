"""The job of ``colorunet export``: an ONNX file, or a folder for the Hugging Face Hub."""

from dataclasses import dataclass
from pathlib import Path

from colorunet.errors import InvalidRequest
from colorunet.export.hub import HubFolder, write_hub
from colorunet.export.onnx_export import ExportSettings, export_beside, export_onnx
from colorunet.parameters.checkpoint import load_run
from colorunet.parameters.meta import checkpoint_files
from colorunet.parameters.shipped import ONNX_FILE, run_or_shipped


@dataclass(frozen=True)
class ExportRequest:
    """Request of a user.

    Args:
        run: a run folder, or the name of a shipped network.
        onnx: the file to write; None for ``network.onnx`` in the run, which points to the
            parameters beside it.
        hub: the folder to write instead.
        settings: what a file of its own holds.
        overwrite: replace another export.
    """

    run: str
    onnx: Path | None
    hub: Path | None
    settings: ExportSettings
    overwrite: bool = False


@dataclass(frozen=True)
class ExportedFile:
    """The written file, and its difference from torch; -1 if not measured."""

    file: str
    bytes: int
    precision: str
    difference: float
    color_difference: float = -1.0
    file_ms: float = -1.0
    torch_ms: float = -1.0


def export(request: ExportRequest) -> ExportedFile | HubFolder:
    """Write what is requested and compare it with torch.

    Raises:
        InvalidRequest: parts of the request exclude each other.
        ColorunetError: there is no such network, or something else is at the target.
    """
    changes_file = request.settings.decode or request.settings.precision != "fp32"
    if request.hub and (request.onnx or changes_file):
        raise InvalidRequest("--hub writes a whole folder; give it alone")
    if not request.onnx and changes_file:
        raise InvalidRequest("--decode and --precision need a file of its own: give --onnx FILE")
    folder = run_or_shipped(request.run)
    trained = load_run(folder)
    if request.hub:
        return write_hub(trained, folder, request.hub, overwrite=request.overwrite)
    if request.onnx is None:
        target = folder / ONNX_FILE
        parameters = checkpoint_files(folder, "best")[1]
        difference = export_beside(trained.network, target, parameters)
        size = target.stat().st_size
        return ExportedFile(str(target), size, "as the parameters beside it", difference)
    compared = export_onnx(trained, request.onnx, request.settings, overwrite=request.overwrite)
    return ExportedFile(
        file=str(request.onnx),
        bytes=request.onnx.stat().st_size,
        precision=request.settings.precision,
        difference=compared.difference,
        color_difference=compared.color_difference,
        file_ms=compared.file_ms,
        torch_ms=compared.torch_ms,
    )
