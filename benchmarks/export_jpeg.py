"""Claim: films are exported as JPEG 2.5 times as fast as in a loop of pydicom and OpenCV.

    python benchmarks/export_jpeg.py [--films 500] [--turns 5]

The films are 2500 rows x 2000 columns, 12 of 16 bits, made from the bundled films by enlarging
them and adding grain; half are uncompressed (explicit VR little endian), half JPEG lossless
(1.2.840.10008.1.2.4.70), and every fourth is MONOCHROME1. Twenty different files are written as
often as needed under other names, so that both sides read from the page cache.

plainfilm runs its export step on a worker process for each core: the check that the copy is
de-identified, the metadata, the checksum and the perceptual hash of each image included, and the
start of the workers, too. The peer (`peers/export-opencv.txt`) is the plain loop: pydicom's
`pixel_array` (GDCM decodes), scaling by minimum and maximum in floating point, inversion,
`cv2.equalizeHist`, `cv2.imwrite` with quality 95; its start is not counted, and OpenCV takes as
many threads as it likes. They take turns, and their images must be equal, pixel for pixel.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from classify import make_frame
from peers import peer_python
from plainfilm.demo import make_film, stable_uid
from plainfilm.dicom import decode_image, encode_pixels, write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.publish.export import Exported, ExportImage, ExportTask
from plainfilm.records import CleanFilm

DIFFERENT = 20
SYNTAXES = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70")
LEAST_RATIO = 2.5
BATCH = 8

# Reads "film <tab> image" lines up to an empty one, then answers with the seconds it took.
PEER_LOOP = """
import sys, time, cv2, numpy as np, pydicom
while True:
    films = []
    while line := sys.stdin.readline().strip():
        films.append(line.split("\\t"))
    if not films:
        break
    begin = time.perf_counter()
    for film, image in films:
        dataset = pydicom.dcmread(film)
        values = dataset.pixel_array.astype(np.float64)
        values -= values.min()
        values = (values / values.max() * 255).astype(np.uint8)
        if dataset.PhotometricInterpretation == "MONOCHROME1":
            values = 255 - values
        cv2.imwrite(image, cv2.equalizeHist(values), [cv2.IMWRITE_JPEG_QUALITY, 95])
    print(time.perf_counter() - begin, flush=True)
"""


def write_films(folder: Path, count: int) -> list[Path]:
    random = np.random.default_rng(7)
    bundled = resources.files("plainfilm.demo").joinpath("films")
    names = sorted(each.name for each in bundled.iterdir() if each.name.endswith(".jpg"))
    contents = []
    for number in range(DIFFERENT):
        frame = make_frame(
            decode_image(bundled.joinpath(names[number % len(names)]).read_bytes()), random
        )
        photometric = "MONOCHROME1" if number % 4 == 3 else "MONOCHROME2"
        film = make_film(
            {"SOPInstanceUID": stable_uid(str(number)), "PatientIdentityRemoved": "YES"},
            frame=frame,
            photometric=photometric,
        )
        film.BitsStored = 12
        encode_pixels(film, frame, SYNTAXES[number % 2])
        path = folder / "one.dcm"
        write_dataset(film, path)
        contents.append(path.read_bytes())
    films = [folder / f"{number}.dcm" for number in range(count)]
    for number, path in enumerate(films):
        path.write_bytes(contents[number % DIFFERENT])
    return films


def ours(engine: LocalEngine, films: Sequence[Path], folder: Path) -> float:
    begin = time.perf_counter()
    tasks = [
        ExportTask(CleanFilm(number, path, "", "", ""), folder, f"{path.stem}.jpg")
        for number, path in enumerate(films)
    ]
    batches = (tasks[start : start + BATCH] for start in range(0, len(tasks), BATCH))
    for result in engine.run(ExportImage(), batches):
        assert all(isinstance(one, Exported) for one in result.outputs)
    return time.perf_counter() - begin


class Peer:
    def __init__(self) -> None:
        command = [str(peer_python("export-opencv")), "-c", PEER_LOOP]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, films: Sequence[Path], folder: Path) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for path in films:
            self._process.stdin.write(f"{path}\t{folder / path.stem}.jpg\n")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--turns", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for made in ("films", "ours", "theirs"):
            (folder / made).mkdir()
        films = write_films(folder / "films", given.films)
        peer = Peer()
        our_seconds = peer_seconds = 0.0
        with LocalEngine() as engine:
            for turn in range(given.turns):
                part = films[turn :: given.turns]
                our_seconds += ours(engine, part, folder / "ours")
                peer_seconds += peer.run(part, folder / "theirs")
        peer.close()
        for path in films[: 2 * DIFFERENT]:
            mine, theirs = (
                decode_image(folder / side / f"{path.stem}.jpg") for side in ("ours", "theirs")
            )
            assert np.array_equal(mine, theirs), "the images differ"
    ratio = peer_seconds / our_seconds
    print(
        f"{len(films)} films: pydicom and OpenCV {len(films) / peer_seconds:.1f} films/s,"
        f" plainfilm {len(films) / our_seconds:.1f} films/s on {engine.workers} cores,"
        f" ratio {ratio:.2f}, at least {LEAST_RATIO} claimed"
    )
    return 0 if ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
