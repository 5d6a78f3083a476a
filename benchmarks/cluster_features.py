"""Claim: features of 1,000,000 films are built from an archive's Parquet in 120 s and 4 GiB.

    python benchmarks/cluster_features.py [--films N] [--peer-films N]

The tag table is generated in the archive's own layout: parts of 2,000 films, a column for each tag
in the type that the archive gives it, over a hundred tags, some missing in most films. A fresh
process reads it and builds the features; its time and its peak memory count whole, imports
included.

The peer: scikit-learn's OneHotEncoder and MinMaxScaler in a ColumnTransformer over the same tags of
the first films, read with pyarrow and told which tags are numbers and which are never features.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from plainfilm.archive.tags import column_type, write_part

MOST_SECONDS: Final = 120
MOST_GIB: Final = 4
PART: Final = 2_000
_UNIQUE_WORDS: Final = """
SOPInstanceUID SeriesInstanceUID StudyInstanceUID PatientID PatientName AccessionNumber StudyDate
StudyTime SeriesDate SeriesTime ContentDate ContentTime AcquisitionDate AcquisitionTime StudyID
PatientBirthDate ReferringPhysicianName RequestedProcedureID PerformedProcedureStepID
StudyDescription SeriesDescription ProtocolName InstitutionName DeviceSerialNumber
"""
_UNIQUE: Final = _UNIQUE_WORDS.split()
# Keyword → how many values films have of it.
_TEXTS: Final = {
    "Modality": 2, "BodyPartExamined": 40, "ViewPosition": 9, "Manufacturer": 8,
    "ManufacturerModelName": 30, "StationName": 90, "PhotometricInterpretation": 2,
    "PatientPosition": 4, "Laterality": 3, "ImageLaterality": 4, "ConversionType": 3,
    "PresentationIntentType": 2, "PixelIntensityRelationship": 3, "PresentationLUTShape": 2,
    "LossyImageCompression": 2, "BurnedInAnnotation": 2, "FilterType": 6, "Grid": 5,
    "PlateType": 12, "PhosphorType": 4, "CassetteOrientation": 2, "CassetteSize": 7,
    "AcquisitionDeviceProcessingDescription": 150, "AcquisitionDeviceProcessingCode": 400,
    "CollimatorShape": 3, "DetectorType": 3,
    "DetectorConfiguration": 2, "DetectorDescription": 9, "DetectorActiveShape": 2,
    "FieldOfViewShape": 3, "FieldOfViewHorizontalFlip": 2, "ExposureControlMode": 2,
    "ExposureControlModeDescription": 12, "ExposureStatus": 3, "RescaleType": 5,
    "WindowCenterWidthExplanation": 6, "SoftwareVersions": 60, "QualityControlImage": 2,
    "TableType": 3, "PositionerType": 3, "RequestedProcedurePriority": 3, "StudyPriorityID": 3,
    "ImageType": 8, "PatientOrientation": 6,
}  # fmt: skip
_NUMBERS: Final = {
    "Rows": 1, "Columns": 1, "BitsStored": 1, "HighBit": 1, "KVP": 1, "ExposureTime": 1,
    "XRayTubeCurrent": 1, "Exposure": 1, "ExposureInuAs": 1, "RelativeXRayExposure": 1,
    "DistanceSourceToDetector": 1, "DistanceSourceToPatient": 1, "Sensitivity": 1,
    "ImageAndFluoroscopyAreaDoseProduct": 1, "EntranceDose": 1, "EntranceDoseInmGy": 1,
    "FocalSpots": 1, "DetectorTemperature": 1, "GridFocalDistance": 1, "GridAspectRatio": 2,
    "PixelSpacing": 2, "ImagerPixelSpacing": 2, "PixelAspectRatio": 2, "FieldOfViewOrigin": 2,
    "FieldOfViewRotation": 1, "FieldOfViewDimensions": 2, "DetectorActiveDimensions": 2,
    "DetectorActiveOrigin": 2, "DetectorBinning": 2, "DetectorElementSpacing": 2,
    "WindowCenter": 3, "WindowWidth": 3, "RescaleIntercept": 1, "RescaleSlope": 1,
    "ExposureIndex": 1, "TargetExposureIndex": 1, "DeviationIndex": 1, "BodyPartThickness": 1,
    "CompressionForce": 1,
}  # fmt: skip
_CODES: Final = ("ProcedureCodeSequence", "ViewCodeSequence", "AnatomicRegionSequence")
OURS: Final = """
import sys, time
begun = time.perf_counter()
from pathlib import Path
from plainfilm.clusters import build_features, read_parts
parts = sorted(Path(sys.argv[1]).glob("*.parquet"))[:int(sys.argv[2])]
features = build_features(read_parts(parts))
print(time.perf_counter() - begun, *features.matrix.shape, features.matrix.nnz)
"""
PEER: Final = """
import json, sys, time
begun = time.perf_counter()
from pathlib import Path
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder
texts, numbers = json.loads(sys.argv[3])
parts = sorted(Path(sys.argv[1]).glob("*.parquet"))[:int(sys.argv[2])]
table = pa.concat_tables([pq.read_table(part, columns=texts + numbers) for part in parts])
def flat(values):
    return [v[0] if isinstance(v, list) else v for v in values]
def joined(values):
    return ["\\\\".join(v) if isinstance(v, list) else v or "" for v in values]
columns = [joined(table[name].to_pylist()) for name in texts]
columns += [[np.nan if v is None else v for v in flat(table[name].to_pylist())] for name in numbers]
rows = np.empty((table.num_rows, len(columns)), object)
for place, column in enumerate(columns):
    rows[:, place] = column
last = len(texts)
made = ColumnTransformer([
    ("texts", OneHotEncoder(min_frequency=0.001, dtype=np.float32), list(range(last))),
    ("numbers", MinMaxScaler(), list(range(last, rows.shape[1]))),
], sparse_threshold=1.0).fit_transform(rows)
print(time.perf_counter() - begun, *made.shape, made.nnz)
"""


def write_tags(folder: Path, films: int) -> None:
    """Write the parts of a generated tag table."""
    rng = np.random.default_rng(0)
    for first in range(0, films, PART):
        count = min(PART, films - first)
        columns = {"film_id": pa.array(np.arange(first + 1, first + 1 + count))}
        columns |= {word: pa.array(_unique(word, first, count)) for word in _UNIQUE}
        for place, (word, kinds) in enumerate(_TEXTS.items()):
            columns[word] = _text(rng, word, kinds, count, share=0.95 - 0.018 * place)
        for place, (word, parts) in enumerate(_NUMBERS.items()):
            columns[word] = _number(rng, word, parts, count, share=1 - 0.02 * place)
        for word in _CODES:
            columns[word] = _code(rng, count)
        columns["Other"] = pa.array(['{"(0029,1010)": "' + "A" * 200 + '"}'] * count)
        write_part(folder, f"part-{first:09}.parquet", pa.table(columns))


def _unique(word: str, first: int, count: int) -> list[str]:
    return [f"{word[:6]} {number}" for number in range(first, first + count)]


def _known(rng: np.random.Generator, count: int, share: float) -> Any:
    return rng.random(count) < share


def _text(rng: np.random.Generator, word: str, kinds: int, count: int, share: float) -> pa.Array:
    drawn = np.minimum(rng.geometric(min(0.9, 3 / kinds), count), kinds)
    texts: list[Any] = [f"{word[:8].upper()} {number}" for number in drawn]
    if pa.types.is_list(column_type(word)):
        texts = [[text, "PRIMARY"] for text in texts]
    known = _known(rng, count, share)
    wanted = column_type(word)
    return pa.array([t if k else None for t, k in zip(texts, known, strict=True)], wanted)


def _number(rng: np.random.Generator, word: str, parts: int, count: int, share: float) -> pa.Array:
    wanted = column_type(word)
    values = np.round(rng.gamma(2.0, 60.0, (count, parts)), 3)
    known = _known(rng, count, share)
    if wanted is not None and pa.types.is_list(wanted):
        whole = pa.types.is_integer(wanted.value_type)
        rows: list[Any] = (values.astype(int) if whole else values).tolist()
    else:
        rows = (values[:, 0].astype(int) if wanted == pa.int64() else values[:, 0]).tolist()
    return pa.array([row if k else None for row, k in zip(rows, known, strict=True)], wanted)


def _code(rng: np.random.Generator, count: int) -> pa.Array:
    drawn = rng.integers(0, 20, count)
    return pa.array(
        [json.dumps([{"CodeValue": f"T-{n}", "CodeMeaning": f"code {n}"}]) for n in drawn.tolist()]
    )


def _run(script: str, *arguments: object) -> tuple[float, str, float]:
    """Seconds, the rest of what was printed, and the peak memory of all runs so far, in GiB."""
    command = [sys.executable, "-W", "ignore", "-c", script, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, *rest = done.stdout.split()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    return float(seconds), " ".join(rest), peak


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=1_000_000)
    parser.add_argument("--peer-films", type=int, default=50_000)
    given = parser.parse_args()
    names = json.dumps([list(_TEXTS), list(_NUMBERS)])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tags(folder, given.films)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 1024**2
        seconds, shape, peak = _run(OURS, folder, -(-given.films // PART))
        few = -(-given.peer_films // PART)
        ours, our_shape, _ = _run(OURS, folder, few)
        peer, peer_shape, _ = _run(PEER, folder, few, names)
    print(f"{given.films:,} films, {size:,.0f} MiB of Parquet in {-(-given.films // PART)} parts")
    print(f"plainfilm: {seconds:.1f} s, peak {peak:.2f} GiB; films, columns, values: {shape}")
    print(f"{few * PART:,} films: plainfilm {ours:.1f} s ({our_shape})")
    print(
        f"{few * PART:,} films: scikit-learn {peer:.1f} s ({peer_shape}), ratio {peer / ours:.1f}"
    )
    print(f"claimed for 1,000,000: {MOST_SECONDS} s, {MOST_GIB} GiB")
    return 0 if seconds <= MOST_SECONDS and peak <= MOST_GIB else 1


if __name__ == "__main__":
    sys.exit(main())
