"""Claim: near-duplicate films are found, strangers' films are not, and 400,000 films are searched.

    python benchmarks/near_duplicates.py [--films 1000] [--many 400000]

Every film of the development films from ChestX-ray14 is compared with every other patient's: pairs
that are called near-duplicates are false alarms (the release has been cleared of such). Every
fourth film is then changed as publications change films; the share that is still recognised is
given. The peer is the usual perceptual hash (pHash: signs of 8 x 8 low frequencies, Zauner 2010)
in the same run, at the distance at which it raises as many false alarms, and at its customary 10.

Then hashes of as many films as a large archive has, made of noise as alike as the real ones are,
some with a twin, are searched by buckets; how many twins are found, and how long it takes.
"""

import argparse
import csv
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import fft

from plainfilm.publish.near_duplicates import (
    HASH_BYTES,
    SIMILAR,
    image_hash,
    similar_pairs,
)

SOURCE: Final = Path(__file__).resolve().parents[2] / "shared/data/nih_chestxray14_1000"
CUSTOMARY: Final = 10
Grey = NDArray[np.uint8]


def phash(image: Grey) -> NDArray[np.uint8]:
    """The peer: 64 bits."""
    small = Image.fromarray(image).resize((32, 32), Image.Resampling.LANCZOS)
    low = fft.dctn(np.asarray(small, np.float64), norm="ortho")[:8, :8]
    return np.packbits(low > np.median(low))


def changed(image: Grey, random: np.random.Generator) -> Iterator[tuple[str, Grey]]:
    picture = Image.fromarray(image)
    rows, columns = image.shape
    yield "JPEG, quality 50", _jpeg(picture, 50)
    yield "half as large", np.asarray(picture.resize((columns // 2, rows // 2)))
    yield "1.7 times as large", np.asarray(picture.resize((columns * 17 // 10, rows * 17 // 10)))
    yield "brighter by 30", np.clip(image.astype(int) + 30, 0, 255).astype(np.uint8)
    yield "contrast x 1.4", np.clip((image - 128.0) * 1.4 + 128, 0, 255).astype(np.uint8)
    yield "gamma 0.6", (255 * (image / 255) ** 0.6).astype(np.uint8)
    for percent in (1, 2, 3, 5):
        top, bottom, left, right = (random.random(4) * percent / 100 * rows).astype(int)
        cropped = image[top : rows - bottom, left : columns - right]
        yield f"each edge cropped by up to {percent} %", cropped
    yield "text blackened", _blackened(picture)
    mixed = picture.resize((400, 400)).crop((3, 4, 396, 395)).point(lambda grey: grey * 1.1 + 10)
    yield "resized, cropped by 1 %, brighter, quality 50", _jpeg(mixed, 50)


def _jpeg(picture: Image.Image, quality: int) -> Grey:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def _blackened(picture: Image.Image) -> Grey:
    copy = picture.copy()
    draw = ImageDraw.Draw(copy)
    width, height = copy.size
    for left, top, right, bottom in (
        (0, 0, 0.25, 0.04),
        (0.8, 0.9, 0.97, 0.94),
        (0.7, 0.05, 0.9, 0.12),
    ):
        draw.rectangle((left * width, top * height, right * width, bottom * height), fill=0)
    return np.asarray(copy)


def _units(hashes: list[bytes]) -> NDArray[np.float64]:
    vectors = np.array([np.frombuffer(each, np.int8) for each in hashes], np.float64)
    units: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


def real_films(count: int) -> None:
    with (SOURCE / "labels.csv").open() as stream:
        entries = list(csv.DictReader(stream))[:count]
    patients = np.array([int(entry["Patient ID"]) for entry in entries])
    ours: list[bytes] = []
    peers: list[NDArray[np.uint8]] = []
    again: dict[str, list[tuple[int, float, int]]] = {}
    random = np.random.default_rng(0)
    for number, entry in enumerate(entries):
        image = np.asarray(Image.open(SOURCE / entry["file"]).convert("L"))
        ours.append(image_hash(image))
        peers.append(phash(image))
        for name, other in changed(image, random) if number % 4 == 0 else ():
            cosine = float((_units([ours[-1]]) @ _units([image_hash(other)]).T)[0, 0])
            bits = int(np.bitwise_count(phash(other) ^ peers[-1]).sum())
            again.setdefault(name, []).append((number, cosine, bits))
    cosines, strangers = _strangers(_units(ours), patients, lambda a: a @ a.T)
    table = np.array(peers).view(np.uint64).ravel()
    distances, _ = _strangers(table, patients, lambda a: np.bitwise_count(a[:, None] ^ a[None]))
    false_alarms = int((cosines >= SIMILAR).sum())
    strict = int(np.sort(distances)[false_alarms]) - 1
    print(f"{len(entries)} films of {len(set(patients.tolist()))} patients, {strangers:,} pairs")
    print(f"false alarms: ours {false_alarms} (highest cosine {cosines.max():.3f}, from {SIMILAR})")
    theirs_alarms = int((distances <= CUSTOMARY).sum())
    print(f"  pHash at {CUSTOMARY} bits: {theirs_alarms:,}; none up to {strict}")
    print(f"{'found':50} {'ours':>7} {f'pHash {strict}':>9} {f'pHash {CUSTOMARY}':>9}")
    for name, found in again.items():
        mine = np.mean([cosine >= SIMILAR for _, cosine, _ in found])
        theirs = [np.mean([n <= most for *_, n in found]) for most in (strict, CUSTOMARY)]
        print(f"{name:50} {mine:7.1%} {theirs[0]:9.1%} {theirs[1]:9.1%}")


def _strangers(
    table: NDArray[Any], patients: NDArray[Any], compare: Callable[[NDArray[Any]], NDArray[Any]]
) -> tuple[NDArray[Any], int]:
    upper = np.triu(patients[:, None] != patients[None], 1)
    return compare(table)[upper], int(upper.sum())


def many_films(count: int) -> None:
    """Noise with the spectrum of real hashes would need the films; white noise is as far apart."""
    random = np.random.default_rng(1)
    spectra = random.standard_normal((count, HASH_BYTES)).astype(np.float32)
    spectra += 0.35 * random.standard_normal(HASH_BYTES).astype(np.float32)  # alike, cosine 0.1
    twins = min(2_000, count // 4)
    strength = np.repeat([0.95, 0.9, 0.85, 0.8], twins // 4)[:, None]
    noise = random.standard_normal((len(strength), HASH_BYTES))
    first = spectra[: len(strength)]
    spectra[-len(strength) :] = strength * first + np.sqrt(1 - strength**2) * noise
    hashes = [row.tobytes() for row in np.clip(spectra * 25, -127, 127).astype(np.int8)]
    groups = random.choice(3, count, p=[0.8, 0.1, 0.1])
    groups[: len(strength)], groups[-len(strength) :] = 0, 2
    started = time.perf_counter()
    found = {(pair.first, pair.second) for pair in similar_pairs(hashes, groups.tolist())}
    seconds = time.perf_counter() - started
    print(f"{count:,} films in three splits: {seconds:.0f} s, {len(found):,} pairs")
    for each in (0.95, 0.9, 0.85, 0.8):
        wanted = [n for n, value in enumerate(strength.ravel()) if value == each]
        share = np.mean([(n, count - len(strength) + n) in found for n in wanted])
        print(f"  twins of cosine about {each}: {share:.1%} found")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=1_000)
    parser.add_argument("--many", type=int, default=400_000)
    asked = parser.parse_args()
    real_films(asked.films)
    if asked.many:
        many_films(asked.many)
