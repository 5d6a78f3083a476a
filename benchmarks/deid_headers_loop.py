"""One process of `deid_headers.py`: de-identifies the films that its standard input names.

Runs under plainfilm's Python or a peer's, so it imports nothing but what it measures.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

_BATCH = 64


def main() -> None:
    tool, out = sys.argv[1], Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    paths = [Path(path) for path in json.loads(sys.stdin.readline())]
    prepare = {"plainfilm": _plainfilm, "dicognito": _dicognito}.get(tool, _dicom_anonymizer)
    prepare(out, paths[:1])()
    run = prepare(out, paths)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    run()
    print(time.perf_counter() - began)


def _plainfilm(out: Path, paths: list[Path]) -> Callable[[], None]:
    from plainfilm.deid import DEFAULT_OPTIONS, Deidentify, Option
    from plainfilm.dicom import read_header
    from plainfilm.records import CleanFilm, Film, Location

    options = DEFAULT_OPTIONS - {Option.CLEAN_PIXEL_DATA}
    step = Deidentify(out, b"k" * 32, options, audit=out.with_name(f"{out.name}.audit"))

    # A step is given films whose UIDs the archive knows.
    films = [
        Film(0, str(read_header(path).tags["SOPInstanceUID"]), Location(path)) for path in paths
    ]

    def run() -> None:
        for first in range(0, len(films), _BATCH):
            for result in step.process(films[first : first + _BATCH]):
                assert isinstance(result, CleanFilm)

    return run


def _dicognito(out: Path, paths: list[Path]) -> Callable[[], None]:
    import pydicom
    from dicognito.anonymizer import Anonymizer

    anonymizer = Anonymizer(seed="benchmark")

    def run() -> None:
        for path in paths:
            dataset = pydicom.dcmread(path)
            anonymizer.anonymize(dataset)
            dataset.save_as(out / path.name)

    return run


def _dicom_anonymizer(out: Path, paths: list[Path]) -> Callable[[], None]:
    from dicomanonymizer.simpledicomanonymizer import anonymize_dicom_file

    def run() -> None:
        for path in paths:
            anonymize_dicom_file(str(path), str(out / path.name))

    return run


if __name__ == "__main__":
    main()
