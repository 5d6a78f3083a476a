"""Claim: a JPEG lossless film decodes at least twice as fast as with pydicom's default decoder.

    python benchmarks/decode.py [--repeats 15]

The film is 2500 rows x 2000 columns, 16 bits allocated, 12 stored, JPEG lossless selection value 1
(1.2.840.10008.1.2.4.70), with the structure and noise of a radiograph. Each side opens the file
and ends with the stored values as an array; both must be the same array.

pydicom needs a plugin for JPEG lossless and tries GDCM before pylibjpeg. Both are measured, each
in its own environment (`benchmarks/peers/decode-*.txt`, pylibjpeg-libjpeg being under the GPL),
in a subprocess that takes turns with ours, one decode at a time. The claim holds when the slower
ratio of the two is at least 2; the exit code says so.
"""

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from peers import peer_python
from plainfilm.dicom import Dataset, decode_film, encode_pixels, new_uid, write_dataset

ROWS, COLUMNS, BITS_STORED = 2500, 2000, 12
JPEG_LOSSLESS_SV1 = "1.2.840.10008.1.2.4.70"
LEAST_RATIO = 2.0
PEERS = ("gdcm", "pylibjpeg")

# Decodes the file named on each line of its input; answers with seconds and a digest of the array.
PEER_LOOP = """
import hashlib, json, sys, time, pydicom
from pydicom.pixels import get_decoder
for line in sys.stdin:
    begin = time.perf_counter()
    frame = pydicom.dcmread(line.strip()).pixel_array
    seconds = time.perf_counter() - begin
    plugin = get_decoder("1.2.840.10008.1.2.4.70").available_plugins[0]
    digest = hashlib.sha256(frame.astype("<u2").tobytes()).hexdigest()
    print(json.dumps([seconds, digest, plugin]), flush=True)
"""


def make_film() -> NDArray[np.uint16]:
    """A radiograph's statistics: smooth anatomy, a collimated border, grain of quanta."""
    random = np.random.default_rng(20)
    coarse = ndimage.zoom(random.normal(size=(26, 21)), (ROWS / 26, COLUMNS / 21), order=3)
    fine = ndimage.zoom(random.normal(size=(250, 200)), (ROWS / 250, COLUMNS / 200), order=3)
    anatomy: NDArray[np.float64] = 2048 + 420 * coarse[:ROWS, :COLUMNS] + 60 * fine[:ROWS, :COLUMNS]
    anatomy += random.normal(0, 0.25 * np.sqrt(anatomy.clip(1)))
    anatomy[:80], anatomy[-80:] = 40, 40  # collimated
    return anatomy.clip(0, 4095).astype(np.uint16)


def write_film(path: Path) -> NDArray[np.uint16]:
    frame = make_film()
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.SOPInstanceUID = new_uid()
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsStored = BITS_STORED
    encode_pixels(dataset, frame, JPEG_LOSSLESS_SV1)
    write_dataset(dataset, path)
    return frame


class Peer:
    """pydicom with one plugin, in its own process."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self._process = subprocess.Popen(
            [str(peer_python(f"decode-{plugin}")), "-c", PEER_LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def decode(self, path: Path) -> tuple[float, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        seconds, digest, plugin = json.loads(self._process.stdout.readline())
        assert plugin == self.plugin, f"pydicom chose {plugin}"
        return seconds, digest

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def decode_ours(path: Path) -> tuple[float, str]:
    begin = time.perf_counter()
    frame = decode_film(path).frame
    seconds = time.perf_counter() - begin
    return seconds, hashlib.sha256(frame.astype("<u2").tobytes()).hexdigest()


def measure(peer: Peer, path: Path, expected: str, repeats: int) -> float:
    """Median ratio of a peer's time to ours, decoding in turn; the first round warms up."""
    ours: list[float] = []
    theirs: list[float] = []
    for round_number in range(repeats + 1):
        our_seconds, our_digest = decode_ours(path)
        peer_seconds, peer_digest = peer.decode(path)
        assert our_digest == peer_digest == expected, "the arrays differ"
        if round_number:
            ours.append(our_seconds)
            theirs.append(peer_seconds)
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(
        f"pydicom + {peer.plugin:<9}  {statistics.median(theirs) * 1000:7.1f} ms   "
        f"plainfilm {statistics.median(ours) * 1000:6.1f} ms   ratio {ratio:5.2f}"
    )
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.dcm"
        expected = hashlib.sha256(write_film(path).astype("<u2").tobytes()).hexdigest()
        print(f"{ROWS} x {COLUMNS}, {BITS_STORED} of 16 bits, {path.stat().st_size} bytes")
        ratios = []
        for plugin in PEERS:
            peer = Peer(plugin)
            ratios.append(measure(peer, path, expected, repeats))
            peer.close()
    print(f"slower ratio {min(ratios):.2f}, at least {LEAST_RATIO} claimed")
    return 0 if min(ratios) >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
