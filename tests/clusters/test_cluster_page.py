"""The page on clusters: what it shows, and of whom."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

from plainfilm.clusters import FilmClusters, TagTable, cluster_films
from plainfilm.clusters.page import write_cluster_page
from plainfilm.evaluate.clusters_visual import VisualScore
from plainfilm.pages import Content, Markup, element

WRONG, FAR = 7, 50


@pytest.fixture(scope="module")
def found() -> FilmClusters:
    """Forty chests, one of which says <FOOT>, twenty knees, one of which no tag resembles."""
    chest = [number < 40 for number in range(60)]
    parts = ["CHEST" if each else "KNEE" for each in chest]
    parts[WRONG] = "<FOOT>"
    tags = {
        "BodyPartExamined": parts,
        "Modality": ["CR" if each else "DX" for each in chest],
        "KVP": [float((120 if each else 60) + n % 3) for n, each in enumerate(chest)],
    }
    for number in range(6):
        tags[f"Tag{number}"] = ["odd" if n == FAR else f"v{chest[n]}" for n in range(60)]
    return cluster_films(TagTable.of(pa.table(tags)), by=["BodyPartExamined"], k=2)


def _page(found: FilmClusters, path: Path, **options: object) -> str:
    names = [f"f{number}" for number in range(len(found.table))]
    write_cluster_page(found, path / "clusters.html", names, **options)  # type: ignore[arg-type]
    return (path / "clusters.html").read_text()


def _section(text: str, anchor: str) -> str:
    match = re.search(rf'<section id="{anchor}".*?</section>', text, re.DOTALL)
    assert match
    return match[0]


def test_each_cluster_is_told_by_size_medoid_and_words(found: FilmClusters, tmp_path: Path) -> None:
    shown = _section(_page(found, tmp_path), "clusters")
    assert "2 clusters, the largest first" in shown
    assert re.search(r'<td class="number">40</td><td>f\d+</td>', shown)
    assert "CR" in shown
    assert "100% / 0%" in shown


def test_suspicious_tags_are_listed_with_evidence_and_escaped(
    found: FilmClusters, tmp_path: Path
) -> None:
    text = _page(found, tmp_path)
    shown = _section(text, "review")
    assert f'<th scope="row">f{WRONG}</th>' in shown
    assert "&lt;FOOT&gt;" in shown
    assert "<FOOT>" not in text
    assert "39 of 39 other films agree; 0 say the same" in shown
    assert "1 tag that nearly all" in text.split("<nav")[0]  # at the top, too


def test_films_far_off_are_told_with_what_differs(found: FilmClusters, tmp_path: Path) -> None:
    shown = _section(_page(found, tmp_path), "far")
    assert f'<th scope="row">f{FAR}</th>' in shown
    assert "Tag0=" in shown


def test_the_map_draws_every_film_once_and_rings_the_suspicious(
    found: FilmClusters, tmp_path: Path
) -> None:
    shown = _section(_page(found, tmp_path), "map")
    dots = re.findall(r"M(\d+) (\d+)h0", shown)
    assert 4 <= len(set(dots)) == len(dots) <= 60
    assert all(0 <= int(x) <= 1000 and 0 <= int(y) <= 580 for x, y in dots)
    assert "<circle" in shown
    assert f"<title>f{WRONG}</title>" in shown
    assert re.findall(r"<text[^>]*>(\d)</text>", shown) == ["0", "1"]


def test_without_a_way_to_show_films_there_are_no_figures(
    found: FilmClusters, tmp_path: Path
) -> None:
    text = _page(found, tmp_path)
    assert "<figure" not in text
    assert "Thumbnails" not in text


def test_medoids_and_odd_films_are_shown_by_whoever_may_show_them(
    found: FilmClusters, tmp_path: Path
) -> None:
    asked: list[int] = []

    def show(row: int, description: str, caption: Content) -> Markup:
        asked.append(row)
        return element("figure", description, caption)

    text = _page(found, tmp_path, show=show)
    assert sorted(asked) == sorted([*found.clustering.medoids.tolist(), WRONG, FAR])
    assert text.count("<figure>") == 4
    assert "de-identified copies only" in text


def test_visual_similarity_is_a_column_where_it_is_known(
    found: FilmClusters, tmp_path: Path
) -> None:
    assert "Looks apart" not in _page(found, tmp_path)
    scores = [VisualScore(39, 0.25, 0.125), VisualScore(0, None, None)]
    assert "0.25 ± 0.12" in _page(found, tmp_path, visual=scores)


@pytest.mark.parametrize("parts", [["CHEST"], ["CHEST"] * 5])
def test_films_that_nothing_tells_apart_have_a_page(parts: list[str], tmp_path: Path) -> None:
    table = TagTable.of(pa.table({"BodyPartExamined": parts}))
    text = _page(cluster_films(table), tmp_path)
    assert "No film is far" in text


def test_the_page_needs_no_other_file_and_is_well_formed(
    found: FilmClusters, tmp_path: Path
) -> None:
    text = _page(found, tmp_path)
    assert not re.search(r'(?:src|href)="(?!#|data:)', text)
    assert "http" not in text.replace("http-equiv", "")
    open_tags: list[str] = []

    class Check(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in {"meta", "link", "br", "img", "wbr"}:
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    Check().feed(text)
    assert not open_tags
