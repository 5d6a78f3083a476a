"""The sections of the page on clusters."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from plainfilm.clusters.films import FilmClusters
from plainfilm.clusters.output import cluster_records
from plainfilm.clusters.page.drawing import color_of, drawn_map
from plainfilm.clusters.plane import flat_map
from plainfilm.clusters.words import ClusterWord
from plainfilm.evaluate.clusters_visual import VisualScore
from plainfilm.evaluate.tables import UNDEFINED
from plainfilm.pages import Column, Content, Markup, Section, counted, element, paragraph, table

__all__ = ["ShowFilm", "clusters", "far", "judged", "plane", "review"]

ShowFilm: TypeAlias = Callable[[int, str, Content], Markup]
"""Makes a figure of a film, by its row, what it shows in words, and a caption; it decides whether
the film's pixels may be shown."""

_ROWS: Final = 200
_FIGURES: Final = 24
_FAR_FIGURES: Final = 12


def plane(found: FilmClusters, names: Sequence[str | int]) -> Section:
    """The map."""
    flat = flat_map(found.features.matrix)
    across, up = (f"{share:.0%}" for share in flat.shares)
    told = paragraph(
        "Each dot is a film; films with like tags lie near one another. Numbers are clusters, at"
        " their medoids; rings are films with a suspicious tag. The two directions are those in"
        f" which films differ most: {across} and {up} of all variance. What lies apart differs;"
        " what lies together may differ in other directions.",
        class_="quiet",
    )
    return Section("map", "Map", (drawn_map(found, flat, names), told))


def clusters(
    found: FilmClusters,
    names: Sequence[str | int],
    show: ShowFilm | None,
    visual: Sequence[VisualScore] | None,
) -> Section:
    """Each cluster: its medoid, its size, and what sets it apart."""
    records = cluster_records(found, names)
    doubted = Counter(item.cluster for item in found.suspicions)
    columns = [
        Column("Cluster"),
        Column("Films", number=True),
        Column("Medoid"),
        Column("What its films have in common"),
        Column("Distance", number=True),
        Column("Suspicious", number=True),
    ]
    rows: list[list[Content]] = [
        [
            _numbered(cluster),
            f"{row['films']:,}",
            f"{row['medoid']}",
            [_word(word) for word in found.words[cluster]],
            f"{row['typical_distance']:.2f}",
            doubted[cluster],
        ]
        for cluster, row in enumerate(records)
    ]
    if visual is not None:
        columns.append(Column("Looks apart", number=True))
        for cells, score in zip(rows, visual, strict=True):
            cells.append(_apart(score))
    told = paragraph(
        "After each word: the share of the cluster's films of which it is so, and of all others."
        " Distance: the median from the medoid, by tags.",
        " Looks apart: the cosine distance from the medoid by pixels, mean ± standard deviation."
        if visual is not None
        else None,
        class_="more",
    )
    shown = table(f"{len(records):,} clusters, the largest first", columns, rows, told)
    return Section("clusters", "Clusters", (_medoids(found, names, show), shown))


def _medoids(
    found: FilmClusters, names: Sequence[str | int], show: ShowFilm | None
) -> Markup | None:
    if show is None:
        return None
    figures = (
        show(
            row,
            f"Medoid of cluster {cluster}",
            (_numbered(cluster), element("span", f"film {names[row]}")),
        )
        for cluster, row in enumerate(found.clustering.medoids.tolist())
    )
    heading = element(
        "h3", "Medoids ", element("span", "each stands for its cluster", class_="quiet")
    )
    return element("article", heading, element("div", figures, class_="films"), class_="category")


def review(found: FilmClusters, names: Sequence[str | int], show: ShowFilm | None) -> Section:
    """Tags that nearly all of the film's cluster contradicts, with the evidence."""
    items = found.suspicions
    tags = ", ".join(found.by) or "no tag"
    if not items:
        body: Content = paragraph(f"No film's tag is contradicted by its cluster; judged: {tags}.")
        return Section("review", "Tags to review", body)
    rows = (
        (
            f"{names[item.row]}",
            (element("code", item.keyword), " ", element("q", item.value)),
            element("q", item.expected),
            f"{item.agreeing:,} of {item.others:,} other films agree; {item.alike:,} say the same",
            _numbered(item.cluster),
            f"{item.score:.2f}",
        )
        for item in items[:_ROWS]
    )
    columns = (
        Column("Film"),
        Column("Its tag says"),
        Column("Its cluster says"),
        Column("Evidence"),
        Column("Cluster"),
        Column("Score", number=True),
    )
    shown = table(
        f"Tags that nearly all of the film's cluster contradicts, the surest first; judged: {tags}",
        columns,
        rows,
        _rest(len(items), "suspicious.csv"),
    )
    figures = _odd_figures(
        {item.row: f"{item.keyword} contradicted" for item in items}, names, show, _FIGURES
    )
    notice = f"{counted(len(items), 'tag')} that nearly all of the film's cluster contradicts"
    return Section("review", "Tags to review", (figures, shown), notice)


def far(found: FilmClusters, names: Sequence[str | int], show: ShowFilm | None) -> Section:
    """Films far from every medoid."""
    items = found.far
    if not items:
        body: Content = paragraph("No film is far from every medoid.")
        return Section("far", "Films far from every medoid", body)
    rows = (
        (
            f"{names[item.row]}",
            _numbered(item.cluster),
            f"{item.distance:.2f}",
            f"{item.typical:.2f}",
            ", ".join(item.differs),
        )
        for item in items[:_ROWS]
    )
    columns = (
        Column("Film"),
        Column("Nearest cluster"),
        Column("Distance", number=True),
        Column("Usual there", number=True),
        Column("Differs most in"),
    )
    caption = "Films far from every medoid, the farthest first"
    shown = table(caption, columns, rows, _rest(len(items), "far.csv"))
    figures = _odd_figures({item.row: "far off" for item in items}, names, show, _FAR_FIGURES)
    notice = f"{counted(len(items), 'film')} far from every medoid"
    return Section("far", "Films far from every medoid", (figures, shown), notice)


def judged(found: FilmClusters) -> Section | None:
    """What the clusters tell of tags that were no features; None where no film has one."""
    known = [(tag, s) for tag, s in zip(found.by, found.scores, strict=True) if s is not None]
    if not known:
        return None
    rows = (
        (
            tag,
            score.films,
            score.values,
            _figure(score.homogeneity),
            _figure(score.nmi_arithmetic),
            _figure(score.nmi_paper),
        )
        for tag, score in known
    )
    columns = [Column("Tag")] + [
        Column(title, number=True)
        for title in ("Films", "Values", "Homogeneity", "NMI (arithmetic)", "NMI (paper)")
    ]
    caption = "What the clusters tell of tags that were no features"
    return Section("judged", "Judged by tags", table(caption, columns, rows))


def _odd_figures(
    why: dict[int, str], names: Sequence[str | int], show: ShowFilm | None, most: int
) -> Markup | None:
    """Figures of the first odd films, by row."""
    if show is None:
        return None
    figures: Iterable[Markup] = (
        show(row, f"Film {names[row]}", _caption(names[row], reason))
        for row, reason in islice(why.items(), most)
    )
    return element("div", figures, class_="films odd-films")


def _caption(name: str | int, reason: str) -> Iterator[Markup]:
    yield element("span", f"film {name}")
    yield element("span", reason, class_="badge")


def _numbered(cluster: int) -> Markup:
    key = element("span", class_="key", style=f"background:{color_of(cluster)}")
    return element("span", key, f"{cluster}", class_="decision")


def _word(word: ClusterWord) -> Markup:
    shares = element("span", f"{word.share:.0%} / {word.elsewhere:.0%}", class_="quiet")
    return element("span", word.text, " ", shares, class_="said")


def _apart(score: VisualScore) -> str:
    if score.mean is None:
        return ""
    return f"{score.mean:.2f}" if score.sd is None else f"{score.mean:.2f} ± {score.sd:.2f}"


def _figure(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:.3f}"


def _rest(total: int, file: str) -> Markup | None:
    more = total - _ROWS
    if more <= 0:
        return None
    return paragraph(f"and {more:,} more, in ", element("code", file), class_="more")
