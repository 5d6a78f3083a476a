"""Claim: header and pixels of 1024 x 1024 films are de-identified ten times as fast as by Presidio.

    python benchmarks/deid_pixels.py [--films 60] [--with-text 0.2]

Films of the development data (the half that was not tuned on) at 1024 x 1024, 8 bits, explicit
little endian, with 40 elements of header; a fifth of them with a line of identity burned in. Our
side runs the step that `plainfilm deidentify` runs, on one core: the header is cleaned, the pixels
searched, read, filled and searched again, and the film written under its new ids.

The peer is presidio-image-redactor 0.0.62 (tesseract, spaCy's small English model; its large one
is not on the Python Package Index), in its own environment and one process, one thread for
tesseract. It reads the file, redacts the pixels and writes it; it leaves the header as it is, so
its share of the work is the smaller one. Films alternate between the two sides. How many of the
planted lines each side leaves readable is judged as in `burned_text.py`.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays import Overlay, films, identity_line, load, plant, random_person
from peers import peer_python
from plainfilm.deid import Deidentify
from plainfilm.dicom import (
    Dataset,
    decode_film,
    encode_pixels,
    new_uid,
    read_dataset,
    write_dataset,
)
from plainfilm.records import CleanFilm, Film, Location
from text_judges import JUDGES, is_readable_by

LEAST_RATIO: Final = 10.0
EXPLICIT_LE: Final = "1.2.840.10008.1.2.1"
SIDE: Final = 1024

# Redacts the file named on each line of its input; answers with seconds.
PEER_LOOP: Final = """
import json, pathlib, sys, time
import pydicom
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_image_redactor import DicomImageRedactorEngine, ImageAnalyzerEngine
site = pathlib.Path(sys.prefix) / "lib"
folder = next(site.glob("*/site-packages/en_core_web_sm*/*/config.cfg")).parent
models = [{"lang_code": "en", "model_name": str(folder)}]
provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
analyzer = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])
images = ImageAnalyzerEngine(analyzer_engine=analyzer)
engine = DicomImageRedactorEngine(image_analyzer_engine=images)
print("ready", flush=True)
for line in sys.stdin:
    path, out = json.loads(line)
    begin = time.perf_counter()
    redacted = engine.redact(pydicom.dcmread(path), fill="background")
    redacted.save_as(out)
    print(json.dumps(time.perf_counter() - begin), flush=True)
"""


def make_film(
    index: int, folder: Path, *, share: float
) -> tuple[Film, NDArray[np.uint8], Overlay | None]:
    draw = random.Random(70_000 + index)  # noqa: S311 - reproducible
    found = [path for path, has_text in films(tuned_on=False) if not has_text]
    film = load(found[index % len(found)], draw, SIDE)
    film = cv2.copyMakeBorder(
        film, 0, SIDE - film.shape[0], 0, SIDE - film.shape[1], cv2.BORDER_CONSTANT, value=0
    )
    person = random_person(draw)
    overlay = None
    if draw.random() < share:
        film, overlay = plant(film, identity_line(person, draw), draw)
    dataset = Dataset()
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.1", "CR"
    dataset.SOPInstanceUID = str(new_uid())
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = str(new_uid()), str(new_uid())
    dataset.PatientName = f"{person.surname}^{person.given}"
    dataset.PatientID = person.number
    dataset.PatientBirthDate = "{:04d}{:02d}{:02d}".format(*person.birth)
    dataset.PatientSex, dataset.StudyDate, dataset.StudyTime = "O", "20240305", "101112"
    dataset.AccessionNumber, dataset.StudyDescription = "A24-118", "XR CHEST AP PORTABLE"
    dataset.SeriesDescription, dataset.BodyPartExamined = "CHEST AP", "CHEST"
    dataset.InstitutionName, dataset.ReferringPhysicianName = "Northgate", "Mbeki^Thandi"
    dataset.ensure_file_meta()
    encode_pixels(dataset, film, EXPLICIT_LE)
    path = folder / f"{index}.dcm"
    write_dataset(dataset, path)
    return Film(index, dataset.SOPInstanceUID, Location(path)), film, overlay


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=60)
    parser.add_argument("--with-text", type=float, default=0.2)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = run(options.films, options.with_text, folder)
    ours = [row["ours"] for row in rows]
    theirs = [row["theirs"] for row in rows]
    ratio = sum(theirs) / sum(ours)
    rates = f"{len(rows) / sum(ours):.1f} against {len(rows) / sum(theirs):.1f} films/s"
    medians = f"medians {statistics.median(ours):.3f} and {statistics.median(theirs):.3f} s"
    print(f"{len(rows)} films of {SIDE} x {SIDE}: {rates}, {medians}")
    written = [row for row in rows if row["planted"]]
    print(
        f"planted lines still read: ours {sum(row['ours_left'] for row in written)}, "
        f"theirs {sum(row['theirs_left'] for row in written)} of {len(written)}"
    )
    print(f"ratio: {ratio:.1f} (at least {LEAST_RATIO:.0f})")
    return 0 if ratio >= LEAST_RATIO else 1


def run(count: int, share: float, folder: Path) -> list[dict[str, Any]]:
    python = peer_python("deid-pixels-presidio")
    (folder / "in").mkdir()
    step = Deidentify(folder / "clean", bytes(range(32)))
    rows = []
    with subprocess.Popen(
        [str(python), "-c", PEER_LOOP],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin"},
    ) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        assert peer.stdout.readline() == "ready\n"
        for index in range(count + 1):
            film, _, overlay = make_film(index, folder / "in", share=share)
            begin = time.perf_counter()
            (clean,) = step.process([film])
            ours = time.perf_counter() - begin
            out = folder / f"{index}.dcm"
            peer.stdin.write(json.dumps([str(film.location.path), str(out)]) + "\n")
            peer.stdin.flush()
            theirs = json.loads(peer.stdout.readline())
            if index == 0:
                continue  # models are loaded with the first film
            released = clean.path if isinstance(clean, CleanFilm) else None
            rows.append(
                {
                    "ours": ours,
                    "theirs": theirs,
                    "planted": overlay is not None,
                    "ours_left": _is_left(released, overlay),
                    "theirs_left": _is_left(out, overlay),
                }
            )
        peer.stdin.close()
    return rows


def _is_left(path: Path | None, overlay: Overlay | None) -> bool:
    if path is None or overlay is None:
        return False
    frame = decode_film(read_dataset(path)).frame.astype(np.uint8)
    return any(is_readable_by(judge, frame, overlay) for judge in JUDGES)


if __name__ == "__main__":
    sys.exit(main())
