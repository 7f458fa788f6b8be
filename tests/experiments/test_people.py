"""Skin on photos of people: counted on photos by name, outdoors and indoors apart."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ship_parts import people

from colorcore import Palette
from colorunet.coloring.colorizer import Colorizer
from colorunet.networks import NetworkSettings, build_network


@pytest.fixture
def colorizer() -> Colorizer:
    palette = Palette(centers=np.array([[0.0, 0.0], [-0.05, 0.08]]), prior=np.array([0.5, 0.5]))
    network = build_network(NetworkSettings(width=8, depth=2), bins=2, size=32)
    return Colorizer(network.eval(), palette, working_edge_px=32)


def test_skin_is_counted_by_place_and_photos_that_are_missing_are_named(
    colorizer: Colorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "list.csv").open("w", newline="") as file:
        rows = [("photo", "place"), ("a.png", "indoors"), ("b.png", "outdoors")]
        csv.writer(file).writerows(rows)
    monkeypatch.setattr(people, "LIST", tmp_path / "list.csv")
    for name in ("a.png", "b.png"):
        Image.new("RGB", (40, 48), (200, 150, 120)).save(tmp_path / name)
    figures = people.skin_figures(colorizer, tmp_path)
    assert {place: one.photos for place, one in figures.items()} == {"indoors": 1, "outdoors": 1}
    for one in figures.values():
        assert one.skin + one.gray <= 1 + 1e-9
    (tmp_path / "b.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"b\.png"):
        people.skin_figures(colorizer, tmp_path)
