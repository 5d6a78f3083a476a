"""On real chest films: nothing is touched where there is no text, and planted lines go.

`benchmarks/burned_text.py` measures the same at length.
"""

import csv

import imagecodecs
import numpy as np
import pytest

from plainfilm.deid.burned_text import Verdict, clean_burned_text, search_film
from plainfilm.dicom import Dataset, decode_film, encode_pixels

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def chest_films(shared_data, request):
    """Some 20 films without text, and 10 that are known to show some."""
    table = request.path.parents[1] / "films_with_text.csv"
    lines = table.read_text("utf-8").splitlines()
    with_text = {row["film"] for row in csv.DictReader(line for line in lines if line[0] != "#")}
    paths = sorted((shared_data / "nih_chestxray14_1000" / "images").glob("*.jpg"))
    without = [path for path in paths if path.name not in with_text][::40]
    written = [path for path in paths if path.name in with_text][::18]
    return [[imagecodecs.jpeg8_decode(path.read_bytes()) for path in part]
            for part in (without, written)]  # fmt: skip


def test_films_without_text_are_not_touched(chest_films, jane):
    touched = [
        index
        for index, film in enumerate(chest_films[0])
        if any(box.verdict is not Verdict.KEEP for box in search_film(film, jane))
    ]
    assert len(chest_films[0]) >= 20
    assert touched == []


def test_words_of_technique_stay(chest_films, jane):
    boxes = [box for film in chest_films[1] for box in search_film(film, jane)]
    assert sum(box.verdict is Verdict.KEEP for box in boxes) >= 5


def test_planted_lines_go(chest_films, jane, write):
    draw = np.random.default_rng(4)
    for film in chest_films[0][:5]:
        ink = int(draw.choice([0, 255]))
        x, y = (int(value) for value in draw.integers(20, 150, 2))
        dataset = Dataset()
        encode_pixels(
            dataset, write(film, "DOE, JANE 1956-03-04", x, y, ink=ink), "1.2.840.10008.1.2.1"
        )
        clean_burned_text(dataset, decode_film(dataset), jane, strict=False)
        left = search_film(decode_film(dataset).frame, jane)
        assert not [box for box in left if box.verdict is Verdict.IDENTITY]
