"""Train the network that tells rows of letters from edges of bone (`deid/burned_text/letters.py`).

    scripts/train_letters.py OUT.onnx

Needs PyTorch, the development films beside the checkout, and of Debian the fonts that
`letter_rows.py` names. Ten minutes on two cores. Prints, of films and fonts that were not trained
on, what share of rows of letters and of edges each threshold lets pass.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from letter_rows import Row, letter_rows
from numpy.typing import NDArray
from torch import Tensor, nn

from plainfilm.deid.burned_text.letters import HEIGHT, WIDTH
from plainfilm.models.export import export_onnx

EPOCHS, HALF_BATCH, RATE = 18, 32, 4e-3
THRESHOLDS = (0.001, 0.002, 0.004, 0.01, 0.02, 0.05, 0.1, 0.2)


class Letters(nn.Module):
    """(n, 1, 32, 192) → (n,): the logarithm of the odds that a row is one of letters."""

    def __init__(self) -> None:
        super().__init__()
        sizes = ((1, 12, 2), (12, 24, 2), (24, 48, 2), (48, 64, (2, 1)), (64, 64, (2, 1)))
        self.body = nn.Sequential(*(_block(*size) for size in sizes))
        self.head = nn.Linear(128, 1)

    def forward(self, rows: Tensor) -> Tensor:
        found = self.body(rows)
        pooled = torch.cat([found.mean((2, 3)), found.amax((2, 3))], 1)
        logits: Tensor = self.head(pooled)[:, 0]
        return logits


class Probability(nn.Module):
    def __init__(self, letters: Letters) -> None:
        super().__init__()
        self.letters = letters

    def forward(self, rows: Tensor) -> Tensor:
        return torch.sigmoid(self.letters(rows))


def _block(before: int, after: int, stride: int | tuple[int, int]) -> nn.Module:
    convolution = nn.Conv2d(before, after, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    rows = list(letter_rows())
    letters = train([row for row in rows if not row.is_measured])
    measured = [row for row in rows if row.is_measured]
    report(letters, measured)
    export_onnx(Probability(letters), _stacked(measured[:2]), ["probability"], out, "rows")


def train(rows: list[Row]) -> Letters:
    """As many rows of letters as edges in each batch."""
    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    text = [row for row in rows if row.is_text]
    edges = [row for row in rows if not row.is_text]
    letters = Letters()
    steps = EPOCHS * len(rows) // (2 * HALF_BATCH)
    optimizer = torch.optim.AdamW(letters.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    truth = torch.tensor([1.0] * HALF_BATCH + [0.0] * HALF_BATCH)
    for _ in range(steps):
        chosen = [kind[index] for kind in (text, edges) for index in _some(kind, draw)]
        batch = torch.stack([torch.from_numpy(_varied(row.values, draw))[None] for row in chosen])
        loss = nn.functional.binary_cross_entropy_with_logits(letters(batch), truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return letters.eval()


def _some(rows: list[Row], draw: np.random.Generator) -> NDArray[np.int64]:
    return draw.integers(0, len(rows), HALF_BATCH)


def _varied(values: NDArray[np.float32], draw: np.random.Generator) -> NDArray[np.float32]:
    """Turned, inverted, paler or noisier: a row may be either way up, and dark or bright."""
    if draw.random() < 0.5:
        values = values[::-1, ::-1]
    if draw.random() < 0.12:
        values = 1 - values
    noise = draw.normal(0, draw.uniform(0, 0.05), values.shape)
    varied = values * draw.uniform(0.7, 1.2) + noise
    if draw.random() < 0.3:
        varied = np.roll(varied, draw.integers(-2, 3), 0)
    return varied.clip(0, 1).astype(np.float32)


def report(letters: Letters, rows: list[Row]) -> None:
    with torch.no_grad():
        probability = torch.sigmoid(letters(_stacked(rows))).numpy()
    is_text = np.array([row.is_text for row in rows])
    print(f"{is_text.sum()} rows of letters, {(~is_text).sum()} edges")
    for threshold in THRESHOLDS:
        passed = probability >= threshold
        lost, left = (is_text & ~passed).sum(), passed[~is_text].mean()
        print(f"{threshold}: {lost} rows of letters are not read, {left:.3f} of the edges are")


def _stacked(rows: list[Row]) -> Tensor:
    return torch.from_numpy(np.stack([row.values for row in rows])).reshape(-1, 1, HEIGHT, WIDTH)


if __name__ == "__main__":
    main()
