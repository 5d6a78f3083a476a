"""What clusters are worth: measures, tests, the elbow, and all of it in tables and pictures."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics

from plainfilm.dicom import decode_image
from plainfilm.errors import BadTable, InputError, SettingsError
from plainfilm.evaluate import (
    PAPER_KS,
    ClusterEvaluation,
    ClusterRun,
    CsvTable,
    compare_paired,
    elbow,
    evaluate_clusters,
    homogeneity,
    nmi_arithmetic,
    nmi_geometric,
    nmi_paper,
    pair_clusters,
    score_clusters,
    sum_of_squares,
    write_cluster_report,
)


def make_labels(seed: int) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Values of a tag and clusters that know something of them."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 6, 500)
    clusters = np.where(random.random(500) < 0.6, truth * 2, random.integers(0, 20, 500))
    return np.array(["AP", "PA", "LL", "RL", "LAO", "RAO"])[truth], clusters


@pytest.mark.parametrize("seed", range(8))
def test_measures_are_those_of_scikit_learn(seed: int) -> None:
    truth, clusters = make_labels(seed)
    if seed == 0:
        clusters = np.random.default_rng(1).permutation(clusters)
    expected = metrics.homogeneity_score(truth, clusters)
    assert homogeneity(truth, clusters) == pytest.approx(expected, abs=1e-12)
    for ours, mean in ((nmi_arithmetic, "arithmetic"), (nmi_geometric, "geometric")):
        theirs = metrics.normalized_mutual_info_score(truth, clusters, average_method=mean)
        assert ours(truth, clusters) == pytest.approx(theirs, abs=1e-12)
    shared = metrics.mutual_info_score(truth, clusters)
    _, counts = np.unique(clusters, return_counts=True)
    _, tags = np.unique(truth, return_counts=True)
    entropies = stats.entropy(counts) * stats.entropy(tags)  # in nats
    assert nmi_paper(truth, clusters) == pytest.approx(shared / entropies, abs=1e-12)


# truth, clusters → homogeneity, NMI by product, geometric, arithmetic
KNOWN = [
    # Two pure clusters of two values: every figure is 1 but the product's, 1 / ln 2.
    ("aabb", "0011", (1, 1 / np.log(2), 1, 1)),
    # Each film alone: pure, but four clusters for two values. I = ln 2, H(P) = 2 ln 2.
    ("aabb", "0123", (1, 1 / (2 * np.log(2)), np.sqrt(0.5), 2 / 3)),
    # Clusters that know nothing.
    ("abab", "0011", (0, 0, 0, 0)),
    # One cluster of everything: nothing is known, and 0/0 where its entropy of 0 is a factor.
    ("abab", "0000", (0, None, None, 0)),
    # A tag of one value: there is nothing to be known.
    ("aaaa", "0011", (None, None, None, 0)),
    ("aaaa", "0000", (None, None, None, None)),
]


@pytest.mark.parametrize(("truth", "clusters", "expected"), KNOWN)
def test_measures_of_known_clusters(
    truth: str, clusters: str, expected: tuple[float | None, ...]
) -> None:
    score = score_clusters(list(truth), list(clusters))
    found = (score.homogeneity, score.nmi_paper, score.nmi_geometric, score.nmi_arithmetic)
    assert found == pytest.approx(expected, abs=1e-12)
    assert (score.films, score.values, score.clusters) == (4, len(set(truth)), len(set(clusters)))


def test_clusters_and_tags_of_other_numbers_of_films_are_refused() -> None:
    for truth, clusters in (([1, 2], [1]), ([], [])):
        with pytest.raises(InputError, match="clusters of"):
            score_clusters(truth, clusters)


def test_normal_differences_take_the_paired_t_test() -> None:
    random = np.random.default_rng(2)
    one = random.normal(0.7, 0.1, 12)
    two = one + random.normal(0, 0.02, 12)
    found = compare_paired(one, two)
    assert found.test == "paired t"
    assert found.normality_p is not None
    assert found.normality_p > 0.05
    assert (found.statistic, found.p) == pytest.approx(tuple(stats.ttest_rel(one, two)))
    assert found.first == pytest.approx((one.mean(), one.std(ddof=1)))
    assert not found.different
    assert compare_paired(one, two + 0.1).different


def test_other_differences_take_mann_and_whitneys_test() -> None:
    one = np.linspace(0, 1, 12)
    two = one.copy()
    two[4] += 5
    found = compare_paired(one, two)
    assert found.test == "Mann-Whitney U"
    expected = stats.mannwhitneyu(one, two, alternative="two-sided")
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_differences_that_are_all_the_same_are_defined() -> None:
    one = np.linspace(0.1, 0.9, 9)
    same = compare_paired(one, one)
    assert (same.p, same.statistic, same.normality_p, same.different) == (1, None, None, False)
    apart = compare_paired(one, one + 5)
    assert (apart.test, apart.normality_p, apart.different) == ("Mann-Whitney U", None, True)


def test_more_pairs_than_shapiros_test_is_made_for_are_thinned() -> None:
    random = np.random.default_rng(3)
    one = random.random(30_001)
    found = compare_paired(one, one + random.normal(0, 0.1, 30_001))
    assert found.pairs == 30_001
    assert found.normality_p is not None


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError, match="at least 3 pairs; there are 2 figures and 2"):
        compare_paired([1, 2], [2, 3])
    with pytest.raises(InputError, match="at least 3 pairs; there are 3 figures and 4"):
        compare_paired([1, 2, 3], [2, 3, 4, 5])
    with pytest.raises(InputError, match="NaN or infinite"):
        compare_paired([1, 2, np.nan], [2, 3, 4])
    with pytest.raises(SettingsError, match=r"alpha \(1\.5\)"):
        compare_paired([1, 2, 3], [2, 3, 4], alpha=1.5)


# sums → elbow, over K = 1, 2, 4, 8, 16
ELBOWS = [
    ((100, 20, 15, 10, 5), 2),
    ((100, 80, 20, 15, 10), 4),
    ((80, 79, 77, 73, 65), None),  # a straight line
    ((50, 50, 50, 50, 50), None),  # no fall at all
    ((100, 99, 95, 80, 0), None),  # bends the other way
]


@pytest.mark.parametrize(("sums", "expected"), ELBOWS)
def test_the_elbow_is_where_the_curve_bends(sums: tuple[float, ...], expected: int | None) -> None:
    assert elbow((1, 2, 4, 8, 16), sums) == expected


def test_an_elbow_needs_three_points_that_grow() -> None:
    assert elbow((4, 7), (9, 1)) is None
    with pytest.raises(InputError, match="growing numbers"):
        elbow((4, 4, 7), (9, 1, 1))
    assert sum_of_squares(np.array([3, 4], np.float32)) == 25


def make_evaluation(ks: tuple[int, ...] = PAPER_KS) -> ClusterEvaluation:
    """Clusters of two kinds of data, the compressed hardly worse."""
    random = np.random.default_rng(4)
    views = random.integers(0, 4, 600)
    runs = []
    for data, blur in (("original", 0.1), ("compressed", 0.12)):
        for k in ks:
            noisy = (views + random.normal(0, blur, 600)) / 4
            clusters = np.floor(noisy * k).astype(int)
            runs.append(ClusterRun(data, k, clusters, random.random(600) / k))
    names = np.array(["AP", "PA", "LATERAL", ""])[views]  # a quarter is not known
    return evaluate_clusters(runs, {"ViewPosition": names.tolist(), "Modality": ["CR"] * 600})


def test_an_evaluation_has_each_data_tag_and_k() -> None:
    found = make_evaluation()
    assert list(found.known) == ["ViewPosition", "Modality"]
    assert 400 < found.known["ViewPosition"] < 500
    assert len(found.scores) == 2 * 2 * len(PAPER_KS)
    assert found.scores["original", "ViewPosition", 4].films == found.known["ViewPosition"]
    assert found.scores["original", "Modality", 30].homogeneity is None
    comparison = found.comparisons["ViewPosition", "homogeneity", "original", "compressed"]
    assert comparison.pairs == len(PAPER_KS)
    # A tag of one value has no homogeneity, hence nothing to compare.
    assert ("Modality", "homogeneity", "original", "compressed") not in found.comparisons
    assert [curve.data for curve in found.curves] == ["original", "compressed"]
    assert found.curves[0].ks == PAPER_KS
    assert found.curves[0].elbow is not None


def test_two_clusterings_are_too_few_to_compare() -> None:
    assert not make_evaluation((4, 7)).comparisons


def test_the_table_is_that_of_the_paper() -> None:
    (grid, modality, compared, sums) = make_evaluation().grids()
    assert grid.columns == (
        "K", "Homogeneity: original", "Homogeneity: compressed", "NMI, product: original",
        "NMI, product: compressed", "NMI, arithmetic: original", "NMI, arithmetic: compressed",
    )  # fmt: skip
    assert [row[0] for row in grid.rows] == [*map(str, PAPER_KS), "mean"]
    assert "\N{PLUS-MINUS SIGN}" in grid.rows[-1][1]
    assert modality.rows[0][1] == "0/0"
    assert compared.rows[0][0] == "ViewPosition: Homogeneity"
    assert any("(elbow)" in row[1] for row in sums.rows)


def test_runs_that_do_not_fit_together_are_refused() -> None:
    run = ClusterRun("original", 4, np.zeros(5))
    for runs, truth, message in (
        ([], {"View": [""] * 5}, "at least one tag"),
        ([run], {}, "at least one tag"),
        ([run, run], {"View": ["a"] * 5}, "twice into as many"),
        ([run], {"View": ["a"] * 6}, "different numbers of films: 5, 6"),
        ([run], {"View": [""] * 5}, "no film has a value of View"),
    ):
        with pytest.raises(InputError, match=message):
            evaluate_clusters(runs, truth)


def test_a_report_holds_tables_and_pictures(tmp_path: Path) -> None:
    written = write_cluster_report(make_evaluation(), tmp_path / "deep" / "report")
    assert sorted(path.name for path in written) == [
        "comparisons.csv", "elbow.png", "evaluation.md", "evaluation.tex", "scores.csv",
        "scores_by_k.png", "sums_of_squares.csv",
    ]  # fmt: skip
    for path in written:
        if path.suffix == ".png":
            image = decode_image(path.read_bytes())
            assert min(image.shape[:2]) > 400
            assert image.std() > 5
    with (tmp_path / "deep" / "report" / "scores.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4 * len(PAPER_KS)
    assert rows[0]["data"] == "original"
    assert 0 < float(rows[0]["homogeneity"]) < 1
    assert rows[-1]["homogeneity"] == ""
    page = (tmp_path / "deep" / "report" / "evaluation.md").read_text()
    assert "**By ViewPosition, n = " in page
    assert "Shapiro" in page
    assert "![elbow](elbow.png)" in page


def test_a_single_clustering_makes_a_smaller_report(tmp_path: Path) -> None:
    run = ClusterRun("cluster", 2, np.array([0, 0, 1, 1]))
    written = write_cluster_report(
        evaluate_clusters([run], {"View": ["a", "a", "b", ""]}), tmp_path
    )
    assert {path.name for path in written} == {
        "evaluation.md", "evaluation.tex", "scores.csv", "scores_by_k.png",
    }  # fmt: skip


PREDICTED = """file,original_4,original_4_distance,compressed_4,original_7,Rows
c.dcm,1,0.5,0,3,2500
a.dcm,0,0.25,1,2,2500
b.dcm,0,0,1,2,2500
"""
TRUTH = """file,Modality,ViewPosition
a.dcm,CR,PA
b.dcm,CR,PA
c.dcm,DX,
"""


def test_tables_are_brought_together_by_their_films(table: Callable[..., Path]) -> None:
    pair = pair_clusters(
        CsvTable(table(PREDICTED, "p.csv")), CsvTable(table(TRUTH, "t.csv")), ["ViewPosition"]
    )
    assert pair.films == ("a.dcm", "b.dcm", "c.dcm")
    assert [(run.data, run.k) for run in pair.runs] == [
        ("original", 4), ("compressed", 4), ("original", 7),
    ]  # fmt: skip
    assert pair.runs[0].clusters.tolist() == ["0", "0", "1"]
    assert pair.runs[0].distances is not None
    assert pair.runs[0].distances.tolist() == [0.25, 0, 0.5]
    assert pair.runs[1].distances is None
    assert pair.truth == {"ViewPosition": ["PA", "PA", ""]}


def test_one_clustering_is_in_the_column_cluster(table: Callable[..., Path]) -> None:
    path = table("id,cluster,distance,Modality\n1,x,1,CR\n2,y,0,DX\n3,x,2,CR\n")
    pair = pair_clusters(CsvTable(path), CsvTable(path), ["Modality"])
    (run,) = pair.runs
    assert (run.data, run.k, run.clusters.tolist()) == ("cluster", 2, ["x", "y", "x"])


# predicted, truth, by → what the message says
BAD_TABLES = [
    (PREDICTED, TRUTH, ["ViewPositon"], "no column ViewPositon; near: ViewPosition$"),
    (PREDICTED, TRUTH, ["Manufacturer"], "no column Manufacturer$"),  # and no names of others
    (PREDICTED, TRUTH, [], "at least one column to judge"),
    ("file,Rows\na.dcm,1\nb.dcm,1\nc.dcm,1\n", TRUTH, ["Modality"], "no column of clusters"),
    ("file,cluster\na.dcm,1\nb.dcm,\nc.dcm,1\n", TRUTH, ["Modality"], "row 3, column cluster"),
    ("file,cluster\na.dcm,1\n", TRUTH, ["Modality"], "alone has 2 films: b.dcm, c.dcm"),
    (PREDICTED.replace("0.25", "far"), TRUTH, ["Modality"], "row 3, column original_4_distance"),
    (PREDICTED.replace("0.25", "-1"), TRUTH, ["Modality"], "no number of at least 0"),
    (PREDICTED.replace("file", "name"), TRUTH, ["Modality"], "neither `file` nor `id`"),
]


@pytest.mark.parametrize(("predicted", "truth", "by", "message"), BAD_TABLES)
def test_tables_that_cannot_be_judged_are_refused(
    table: Callable[..., Path], predicted: str, truth: str, by: list[str], message: str
) -> None:
    with pytest.raises(BadTable, match=message):
        pair_clusters(CsvTable(table(predicted, "p.csv")), CsvTable(table(truth, "t.csv")), by)
