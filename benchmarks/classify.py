"""Claim: `classify` takes a quarter of the time of a plain loop of pydicom and PyTorch.

    python benchmarks/classify.py [--films 500] [--model NAME|PATH]

The films are 2500 rows x 2000 columns, 12 of 16 bits, made from the bundled chest films by
enlarging them and adding grain; a fifth each in explicit VR little endian, RLE, JPEG lossless,
JPEG-LS and JPEG 2000 (lossless). Every other one has a window, every fourth is MONOCHROME1. From
each of the bundled films one file is encoded in each syntax and written as often as needed, with
UIDs of its own.

`plainfilm classify DIR --out OUT.csv` runs as a user runs it, start-up, worker processes, decoding
and the table included. The peer runs the same network, read from the same ONNX file into a PyTorch
module (`eager_network.py`), on one film after the other (`classify_loop.py`): pydicom with GDCM
and OpenJPEG, modality LUT, VOI LUT, area interpolation. Its start-up is not counted, and PyTorch
takes as many threads as it likes. Both should mostly name the same categories; the peer knows no
percentiles, so that films without a window look a little different to it.
"""

import argparse
import csv
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from peers import peer_python
from plainfilm.demo import make_film, stable_uid
from plainfilm.dicom import Dataset, decode_image, write_dataset
from plainfilm.models import StoredModel, find_model

ROWS, COLUMNS, BITS_STORED = 2500, 2000, 12
SYNTAXES = ("explicit_le", "rle", "jpeg_lossless_sv1", "jpeg_ls", "jpeg_2000_lossless")
LEAST_RATIO = 4.0
GRAIN = 8.0  # stored values


def make_frame(bundled: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint16]:
    zoom = (ROWS / bundled.shape[0], COLUMNS / bundled.shape[1])
    large: NDArray[np.float32] = ndimage.zoom(bundled.astype(np.float32), zoom, order=1)
    grain = random.normal(0, GRAIN, large.shape).astype(np.float32)
    values = 150 + 14 * large + grain
    return values.clip(0, (1 << BITS_STORED) - 1).astype(np.uint16)


def encoded_films(count: int) -> list[Dataset]:
    """At most `count` films, with every syntax in turn."""
    random = np.random.default_rng(7)
    folder = resources.files("plainfilm.demo").joinpath("films")
    bundled = sorted(each.name for each in folder.iterdir() if each.name.endswith(".jpg"))
    films = []
    for number, (name, syntax) in enumerate(
        itertools.islice(itertools.product(bundled, SYNTAXES), count)
    ):
        frame = make_frame(decode_image(folder.joinpath(name).read_bytes()), random)
        photometric = "MONOCHROME1" if number % 4 == 3 else "MONOCHROME2"
        tags = {"WindowCenter": 2000, "WindowWidth": 3700} if number % 2 else {}
        films.append(make_film(tags, frame=frame, transfer_syntax=syntax, photometric=photometric))
    return films


def write_films(folder: Path, count: int) -> list[tuple[Path, str]]:
    """Paths with the name of their transfer syntax."""
    films = encoded_films(count)
    written = []
    for number in range(count):
        film = films[number % len(films)]
        film.SOPInstanceUID = stable_uid("classify", number)
        path = folder / f"{number:04d}.dcm"
        write_dataset(film, path)
        written.append((path, SYNTAXES[number % len(films) % len(SYNTAXES)]))
    return written


def run_ours(folder: Path, model: StoredModel, out: Path) -> tuple[float, dict[str, str]]:
    """Seconds, and file name → category."""
    command = [sys.executable, "-m", "plainfilm", "classify", str(folder), "--out", str(out)]
    begin = time.perf_counter()
    subprocess.run([*command, "--model", str(model.network), "--json"], check=True)
    seconds = time.perf_counter() - begin
    with out.open(encoding="utf-8") as lines:
        return seconds, {Path(row["file"]).name: row["category"] for row in csv.DictReader(lines)}


def run_peer(
    films: list[tuple[Path, str]], network: Path, side: int, classes: Sequence[str], kind: str
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Run the plain loop.

    Args:
        kind: of the network: `categories`, or `findings`.
    Returns:
        Syntax → seconds of each film, and file name → the likeliest of `classes`.
    """
    script = Path(__file__).with_name("classify_loop.py")
    process = subprocess.Popen(
        [str(peer_python("classify")), str(script), str(network), str(side), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    seconds: dict[str, list[float]] = defaultdict(list)
    said = {}
    for path, syntax in films:
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        taken, best = process.stdout.readline().split()
        seconds[syntax].append(float(taken))
        said[path.name] = classes[int(best)]
    process.stdin.close()
    process.wait()
    return seconds, said


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--model")
    options = parser.parse_args()
    model = find_model(options.model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "films"
        folder.mkdir()
        films = write_films(folder, options.films)
        ours, our_names = run_ours(folder, model, Path(name) / "classified.csv")
        card = model.card
        by_syntax, their_names = run_peer(
            films, model.network, card.side, card.classes, "categories"
        )
    theirs = sum(itertools.chain(*by_syntax.values()))
    for syntax, seconds in by_syntax.items():
        print(f"peer, {syntax:<20} {statistics.median(seconds) * 1000:6.0f} ms a film")
    same = sum(our_names.get(file) == category for file, category in their_names.items())
    print(f"same category: {same} of {len(films)}")
    print(f"plainfilm {len(films) / ours:6.1f} films/s   peer {len(films) / theirs:5.1f} films/s")
    print(f"ratio {theirs / ours:.2f}, at least {LEAST_RATIO} claimed")
    return 0 if theirs / ours >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
