"""The colorizer: pre- and post-processing around a network."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack, overload

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from colorcore import Palette
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.backends import LogitsNetwork, as_logits_network, has_gpu, require_torch
from colorunet.coloring.calling import CallOptions, CallSettings, DrawnImage
from colorunet.coloring.composing import ColoredImage, Luma, in_8_bits
from colorunet.coloring.decoding import Decoding, sound_logits
from colorunet.coloring.options import PredictionOptions
from colorunet.coloring.steering.seen_photo import SeenPhoto
from colorunet.coloring.steering.steer import Steering, steered_uv, steered_versions
from colorunet.coloring.steering.versions import Version
from colorunet.coloring.toning import Toning
from colorunet.coloring.working_size import WORKING_EDGE_PX, working_luma
from colorunet.errors import ColorunetError
from colorunet.parameters.meta import palette_of, read_meta
from colorunet.parameters.shipped import DEFAULT_NETWORK, ONNX_FILE, run_or_shipped

if TYPE_CHECKING:
    from colorunet.parameters.checkpoint import Trained

P = TypeVar("P", Image.Image, np.ndarray)


class Colorizer:
    """Colourises luma of any size with a network that maps luma to logits over bins.

    Args:
        network: a ``LogitsNetwork``; or what torch runs, (B, 1, H, W) float32 in [0, 1] →
            (B, n, H, W) logits, put into evaluation mode.
        palette: the n bins.
        decoding: how logits become a colour.
        averaging: the versions of a photo whose logits are averaged.
        working_edge_px: the shorter edge at which the network sees a photo.
        device: where torch runs the network.
        name: of the network.
    """

    def __init__(
        self,
        network: LogitsNetwork | Callable[..., Any],
        palette: Palette,
        *,
        decoding: Decoding | None = None,
        averaging: Averaging | None = None,
        working_edge_px: int = WORKING_EDGE_PX,
        device: Any = "cpu",
        name: str = "",
    ) -> None:
        self.name = name
        self._network = as_logits_network(network, device)
        self.palette = palette
        self.decoding = decoding or Decoding()
        if len(offsets := self.decoding.bin_offsets or ()) not in (0, palette.n):
            raise ColorunetError(f"bin offsets: expected {palette.n}, given {len(offsets)}")
        self.averaging = averaging or Averaging()
        self.working_edge_px = working_edge_px

    @classmethod
    def load(
        cls,
        network: str | Path = DEFAULT_NETWORK,
        options: PredictionOptions | None = None,
        *,
        working_edge_px: int = WORKING_EDGE_PX,
        backend: Literal["auto", "onnx", "torch"] = "auto",
        threads: int = 0,
        device: Any = None,
    ) -> "Colorizer":
        """Load a shipped network by name, or a run by path.

        Args:
            network: one of ``SHIPPED_NETWORKS``, or the folder of a run.
            options: what is to differ from the network's own settings.
            working_edge_px: the shorter edge at which the network sees a photo.
            backend: ``auto`` takes torch where it sees a GPU or the network has no ONNX file.
            threads: of ONNX Runtime; 0 takes all cores.
            device: where torch runs the network, such as ``cuda:1``; None takes a GPU if there is
                one. Naming another one than ``cpu`` chooses torch.

        Raises:
            ColorunetError: there is no such network, or nothing here can run it.
        """
        folder = run_or_shipped(str(network))
        file = folder / ONNX_FILE
        on_cpu = not has_gpu() if device is None else str(device) == "cpu"
        if backend == "onnx" and not on_cpu and device is not None:
            raise ColorunetError(f"device {device}: ONNX Runtime runs on the CPU; take torch")
        if backend == "onnx" or (backend == "auto" and file.is_file() and on_cpu):
            options, meta = options or PredictionOptions(), read_meta(folder, "best")
            return cls(
                _onnx(file, threads),
                palette_of(meta, folder),
                decoding=options.decoding(meta),
                averaging=options.averaging(meta),
                working_edge_px=working_edge_px,
                name=folder.name,
            )
        require_torch(folder)
        from colorunet.parameters.checkpoint import load_run  # noqa: PLC0415 - needs torch

        colorizer = cls.of_run(
            load_run(folder), options, working_edge_px=working_edge_px, device=device
        )
        colorizer.name = folder.name
        return colorizer

    @classmethod
    def of_run(
        cls,
        trained: "Trained",
        options: PredictionOptions | None = None,
        *,
        working_edge_px: int = WORKING_EDGE_PX,
        device: Any = None,
    ) -> "Colorizer":
        """Return a colorizer with a run's network and settings, on a GPU if there is one.

        Args:
            trained: as ``load_run`` returns it.
            options: what is to differ from the run's own.
            working_edge_px: the shorter edge at which the network sees a photo.
            device: where torch runs it; None takes a GPU if there is one.

        Raises:
            ColorunetError: there is no such device.
        """
        from colorunet.coloring.torch_network import (  # noqa: PLC0415 - needs torch
            best_device,
            device_named,
        )

        options = options or PredictionOptions()
        return cls(
            trained.network,
            trained.palette,
            decoding=options.decoding(trained.meta),
            averaging=options.averaging(trained.meta),
            working_edge_px=working_edge_px,
            device=best_device() if device is None else device_named(device),
        )

    def __repr__(self) -> str:
        """Network, bins, size and device."""
        name = self.name or type(self._network).__name__
        return (
            f"<Colorizer {name}: {self.palette.n} bins, shorter edge {self.working_edge_px} px, "
            f"on {self.device}>"
        )

    @property
    def device(self) -> Any:
        """Device of the network; ``cpu`` without torch."""
        return getattr(self._network, "device", "cpu")

    def logits(self, luma: UInt8[np.ndarray, "height width"]) -> Float[Any, "h w n"]:
        """Return the logits of every pixel, at the size given, bins on the last axis."""
        return sound_logits(self._network.logits(luma, self.averaging), self.palette)

    def coarse_logits(
        self, luma: UInt8[np.ndarray, "height width"]
    ) -> Float[np.ndarray, "hc wc n"]:
        """Return the logits (float32) at the network's resolution, in less time.

        Films are coloured from these: upscaled colours differ little from upscaled logits.
        """
        coarse = self._network.coarse_logits(luma, self.averaging)
        return _as_numpy(sound_logits(coarse, self.palette))

    def decode(
        self, logits: Float[Any, "h w n"], decoding: Decoding | None = None
    ) -> Float[np.ndarray, "h w 2"]:
        """Return U and V (float32) of every pixel's logits.

        Raises:
            ValueError: the decoding has offsets for another number of bins.
        """
        return _as_numpy((decoding or self.decoding).uv(logits, self.palette))

    def chroma(
        self, luma: UInt8[np.ndarray, "height width"], decoding: Decoding | None = None
    ) -> Float[np.ndarray, "h w 2"]:
        """Return U and V at the working size of a photo."""
        return self.decode(self.logits(working_luma(luma, self.working_edge_px)), decoding)

    def see(self, luma: Luma) -> SeenPhoto:
        """Run the network once; ``steered`` and ``versions`` decode the result repeatedly."""
        small = working_luma(in_8_bits(luma), self.working_edge_px)
        return SeenPhoto(_as_numpy(self.logits(small)), small, (luma.shape[1], luma.shape[0]))

    def steered(
        self,
        seen: SeenPhoto,
        steering: Steering | None = None,
        *,
        decoding: Decoding | None = None,
        toning: Toning | None = None,
    ) -> Float[np.ndarray, "h w 2"]:
        """Return U and V at the working size, with hints and the like; see ``steered_uv``.

        Raises:
            ColorunetError: a hint can't be followed.
        """
        steering = steering or Steering()
        return steered_uv(seen, self.palette, decoding or self.decoding, steering, toning)

    def versions(
        self,
        seen: SeenPhoto,
        count: int,
        steering: Steering | None = None,
        *,
        decoding: Decoding | None = None,
        toning: Toning | None = None,
        seed: int = 0,
    ) -> list[Version]:
        """Return different plausible colourings, the most likely first; see ``draw_versions``.

        Raises:
            ColorunetError: a hint can't be followed.
            ValueError: the count is out of its range.
        """
        decoding, steering = decoding or self.decoding, steering or Steering()
        return steered_versions(
            seen, self.palette, decoding, steering, toning, count=count, seed=seed
        )

    @overload
    def __call__(self, image: str | Path, **options: Unpack[CallOptions]) -> Image.Image: ...
    @overload
    def __call__(self, image: P, **options: Unpack[CallOptions]) -> P: ...
    @overload
    def __call__(self, image: list[P], **options: Unpack[CallOptions]) -> list[P]: ...
    @overload
    def __call__(self, image: Any, **options: Unpack[CallOptions]) -> Any: ...

    def __call__(self, image: Any, **options: Unpack[CallOptions]) -> Any:
        """Return an image, or several, in colour; see ``colorize_any`` and ``CallOptions``.

        Raises:
            ColorunetError: a hint can't be followed, or a file can't be read.
            ValueError: an option is out of its range, or the image of another shape or kind.
        """
        settings = CallSettings.of(options, self.decoding)
        return settings.paint(image, partial(self._asked_chroma, settings))

    def draw(
        self, image: Any, count: int, *, seed: int = 0, **options: Unpack[CallOptions]
    ) -> list[DrawnImage]:
        """Return different plausible colourings of one image, the most likely first.

        Raises:
            ColorunetError: a hint can't be followed.
            ValueError: as in a call, or the count is out of its range.
        """
        settings = CallSettings.of(options, self.decoding)
        dials = partial(self.versions, decoding=settings.decoding, toning=settings.toning)

        def versions(luma: Luma) -> list[Version]:
            return dials(self.see(luma), count, settings.steering, seed=seed)

        return settings.paint_each(image, count, versions)

    def _asked_chroma(self, asked: CallSettings, luma: Luma) -> Float[np.ndarray, "h w 2"]:
        if asked.steering == Steering():
            return asked.toning.warmed(self.chroma(in_8_bits(luma), asked.decoding))
        seen = self.see(luma)
        return self.steered(seen, asked.steering, decoding=asked.decoding, toning=asked.toning)

    def colorize(self, luma: Luma) -> np.ndarray:
        """Return the photo (H, W, 3) at its own size and depth, its luma kept, chroma scaled up."""
        return merge_chroma(luma, self.chroma(in_8_bits(luma)))


def _as_numpy(array: Any) -> np.ndarray:
    return array if isinstance(array, np.ndarray) else np.asarray(array.cpu())


def _onnx(file: Path, threads: int) -> LogitsNetwork:
    from colorunet.coloring.onnx_network import OnnxNetwork  # noqa: PLC0415 - takes a while

    return OnnxNetwork(file, threads=threads)


def merge_chroma(luma: Luma, uv: Float[np.ndarray, "h w 2"]) -> np.ndarray:
    """Scale chroma to the size of the luma and return both as RGB (H, W, 3) of the luma's depth."""
    return ColoredImage(luma, uv).whole()
