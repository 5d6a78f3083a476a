"""`evaluate clusters` from end to end."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    """Two kinds of data in 4, 7 and 11 clusters; a film in ten has no view."""
    random = np.random.default_rng(8)
    runs = [f"{data}_{k}" for data in ("original", "compressed") for k in (4, 7, 11)]
    header = [column for run in runs for column in (run, f"{run}_distance")]
    predicted, truth = [",".join(["file", *header])], ["file,Modality,ViewPosition"]
    for number in range(200):
        view = number % 3
        cells = []
        for run in runs:
            k = int(run.rpartition("_")[2])
            cells += [str((view + 3 * int(random.integers(k // 3 + 1))) % k), f"{1 / k:.4f}"]
        predicted.append(",".join([f"{number}.dcm", *cells]))
        told = "" if number % 10 == 0 else ("AP", "PA", "LATERAL")[view]
        truth.append(f"{number}.dcm,{('CR', 'DX')[number % 2]},{told}")
    paths = tmp_path / "clusters.csv", tmp_path / "tags.csv"
    for path, lines in zip(paths, (predicted, truth), strict=True):
        path.write_text("\n".join(lines) + "\n")
    return paths


def test_clusters_are_judged_by_each_tag(plainfilm: Run, tables: tuple[Path, Path]) -> None:
    ran = plainfilm(
        "evaluate", "clusters", *tables, "--by", "ViewPosition", "--by", "Modality", "--markdown"
    )
    assert ran.code == 0
    assert "**By ViewPosition, n = 180**" in ran.out
    assert "**By Modality, n = 200**" in ran.out
    assert "| K | Homogeneity: original | Homogeneity: compressed |" in ran.out
    assert "| ViewPosition: Homogeneity | original " in ran.out
    assert "(elbow)" in ran.out
    assert "H(T|P)/H(T)" in ran.out


def test_json_and_a_folder_have_every_figure(
    plainfilm: Run, tables: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "judged"
    ran = plainfilm("evaluate", "clusters", *tables, "--by", "ViewPosition", "--out", out, "--json")
    facts = ran.facts
    assert (facts["films"], facts["known"]) == (200, {"ViewPosition": 180})
    assert [(row["data"], row["k"]) for row in facts["scores"]] == [
        ("original", 4), ("original", 7), ("original", 11),
        ("compressed", 4), ("compressed", 7), ("compressed", 11),
    ]  # fmt: skip
    assert {row["measure"] for row in facts["comparisons"]} == {
        "homogeneity", "nmi_paper", "nmi_geometric", "nmi_arithmetic",
    }  # fmt: skip
    assert set(facts["elbows"]) == {"original", "compressed"}
    assert len(facts["written"]) == 7
    assert (out / "scores_by_k.png").stat().st_size > 1_000


def test_a_column_that_is_not_there_lists_near_names(
    plainfilm: Run, tables: tuple[Path, Path]
) -> None:
    ran = plainfilm("evaluate", "clusters", *tables, "--by", "ViewPositoin")
    assert ran.code == 1
    assert "no column ViewPositoin; near: ViewPosition" in ran.err
    assert plainfilm("evaluate", "clusters", *tables).code == 2


def test_a_level_that_is_none_is_refused_even_where_nothing_is_tested(
    plainfilm: Run, tmp_path: Path
) -> None:
    path = tmp_path / "films.csv"
    path.write_text("file,cluster,Modality\n" + "".join(f"{n},{n % 2},CR\n" for n in range(6)))
    ran = plainfilm("evaluate", "clusters", path, path, "--by", "Modality", "--alpha", 2)
    assert (ran.code, "alpha" in ran.err) == (1, True)
