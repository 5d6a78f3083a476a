"""The peer of `classify.py` and `findings.py`: pydicom and PyTorch in a plain loop.

    python benchmarks/classify_loop.py MODEL.onnx SIDE {categories,findings} < paths

Answers each path with a line: seconds, and the number of the likeliest class. It runs in the
peer's own environment.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pydicom
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

from eager_network import EagerNetwork

# Left to itself, pydicom takes GDCM, which is slower here.
JPEG_2000 = "1.2.840.10008.1.2.4.90"


def square(path: str, side: int) -> torch.Tensor:
    dataset = pydicom.dcmread(path)
    if dataset.file_meta.TransferSyntaxUID == JPEG_2000:
        dataset.pixel_array_options(decoding_plugin="pylibjpeg")
    frame = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    frame = frame.astype(np.float32)
    frame = (frame - frame.min()) / (frame.max() - frame.min())
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        frame = 1 - frame
    rows, columns = frame.shape
    scale = side / max(rows, columns)
    size = (round(rows * scale), round(columns * scale))
    small = F.interpolate(torch.from_numpy(frame)[None, None], size=size, mode="area")
    height, width = side - size[0], side - size[1]
    margins = (width // 2, width - width // 2, height // 2, height - height // 2)
    return (F.pad(small, margins)[0] * 255).round().to(torch.uint8)


def main() -> None:
    network = EagerNetwork(Path(sys.argv[1])).eval()
    side, kind = int(sys.argv[2]), sys.argv[3]
    print("ready", flush=True)
    for line in sys.stdin:
        begin = time.perf_counter()
        with torch.inference_mode():
            film = square(line.strip(), side)
            if kind == "categories":
                said = network(film)["category"].softmax(dim=1)
            else:
                said = network(film[None].float() / 255)["probabilities"]
            best = int(said.argmax())
        print(time.perf_counter() - begin, best, flush=True)


if __name__ == "__main__":
    main()
