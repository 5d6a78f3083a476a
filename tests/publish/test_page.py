"""The report page: complete, self-contained, safe to show, and sound HTML."""

import csv
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plainfilm.dicom import read_dataset, write_dataset
from plainfilm.errors import ArchiveError, BadTable
from plainfilm.publish import MimicCxrJpg, publish, write_report_page
from plainfilm.publish.film_table import COLUMNS, FILMS
from plainfilm.publish.page import content, parts

if TYPE_CHECKING:
    from conftest import Sample

Show = Callable[..., "Page"]


class Page(HTMLParser):
    """A page taken apart: its tags, and its text by section. Fails on tags that don't match."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.markup = markup
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: dict[str, str] = {}
        self._open: list[str] = []
        self._section = ""
        self.feed(markup)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "section":
            self._section = dict(attrs).get("id") or dict(attrs).get("class") or ""
        if tag not in {"img", "meta", "wbr"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.sections[self._section] = self.sections.get(self._section, "") + data + " "

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def show(tmp_path: Path) -> Show:
    def write(sample: "Sample", **options: object) -> Page:
        path = tmp_path / "report.html"
        write_report_page(sample.archive, path, **options)
        return Page(path.read_text(encoding="utf-8"))

    return write


@pytest.fixture(scope="module")
def page(sample: "Sample", tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of the sample that no test changes."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report_page(sample.archive, path)
    return Page(path.read_text(encoding="utf-8"))


def test_the_page_needs_no_other_file_and_no_script(page: Page) -> None:
    assert not page.all("script")
    assert not page.all("link")
    assert "@import" not in page.markup
    assert "url(" not in page.markup
    for _, attributes in page.tags:
        assert (attributes.get("src") or "data:").startswith("data:")
        assert (attributes.get("href") or "#").startswith("#")
    policy = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv")]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_no_identity_is_shown(sample: "Sample", page: Page) -> None:
    shown = page.markup
    for secret in ("Quillfeather", "Ottoline", "TEST-A1", "19700101", "p-of-A", sample.REPORT):
        assert secret not in shown
    assert sample.archive.rows("SELECT patient_id FROM patient WHERE patient_id = 'A'")


def test_every_kind_of_find_is_named_at_the_top(own_sample: "Sample", show: Show) -> None:
    own_sample.films.joinpath("empty.dcm").touch()
    own_sample.films.joinpath("again.dcm").write_bytes(
        own_sample.films.joinpath("c1-pa.dcm").read_bytes()
    )
    own_sample.run()
    page = show(own_sample)
    notices = page.sections["notices"]
    for sentence in (
        "1 film whose category is undecided",
        "1 film whose tags are wrong or say too little",
        "1 report belongs to no study",
        "1 film withheld for text burned into the pixels",
        "1 file could not be used",
        "1 duplicate left out",
        "1 film in MONOCHROME1 inverted",
    ):
        assert sentence in notices
    anchors = {attributes.get("id") for attributes in page.all("section")}
    assert {link["href"] for link in page.all("a")} <= {f"#{anchor}" for anchor in anchors}
    assert "the file has no bytes" in page.sections["rejections"]
    assert "empty.dcm" in page.sections["rejections"]
    assert "again.dcm" in page.sections["duplicates"]
    assert "c1-pa.dcm" in page.sections["duplicates"]


def test_thumbnails_are_of_clean_copies_and_others_are_placeholders(page: Page) -> None:
    assert len(page.all("img")) == 5
    assert all(image["alt"] for image in page.all("img"))
    assert "withheld: text in the pixels" in page.sections["categories"]


def test_a_copy_not_marked_clean_is_not_shown(own_sample: "Sample", show: Show) -> None:
    path = own_sample.clean_copy("a1-pa")
    dataset = read_dataset(path)
    dataset.PatientIdentityRemoved = None
    write_dataset(dataset, path)
    own_sample.clean_copy("a2-pa").unlink()
    page = show(own_sample)
    assert len(page.all("img")) == 3
    assert "withheld: not marked as de-identified" in page.sections["categories"]
    assert "the file was gone when it was to be read" in page.sections["categories"]


def test_wrong_tags_say_what_speaks_for_and_against(page: Page) -> None:
    shown = " ".join(page.sections["wrong-tags"].split())
    assert "SeriesDescription says chest BodyPartExamined says knee" in shown


def test_labels_are_counted_per_study(page: Page) -> None:
    shown = " ".join(page.sections["labels"].split())
    assert "chexpert: 2 studies with a report" in shown
    assert "Cardiomegaly 1 50.0% 0 0.0% 0 0.0% 1 50.0%" in shown
    assert "Edema 0 0.0% 1 50.0% 0 0.0% 1 50.0%" in shown


def test_header_actions_are_added_up(page: Page) -> None:
    shown = " ".join(page.sections["deidentification"].split())
    assert "5 films have a de-identified copy" in shown
    assert "X removed 15 5 U UID replaced, the same everywhere 10 5" in shown


def test_hostile_names_stay_text(empty_sample: "Sample", show: Show) -> None:
    name = '<script>alert("1")</script>&\x01'
    (empty_sample.films / "d").mkdir()
    (empty_sample.films / "d" / "<img src=x onerror=alert(1)>.dcm").write_text("no film")
    empty_sample.add("A", "a1", "film", file='"><script>.dcm')
    (empty_sample.films / "'><script>again.dcm").write_bytes(
        (empty_sample.films / '"><script>.dcm').read_bytes()
    )
    empty_sample.run()
    page = show(empty_sample, title=name)
    assert not page.all("script")
    assert all("onerror" not in attributes for _, attributes in page.tags)
    assert "<img src=x onerror=alert(1)>.dcm" in page.sections["rejections"]
    assert "<script>" in page.sections["duplicates"]


def test_an_archive_without_anything_has_a_page(empty_sample: "Sample", show: Show) -> None:
    page = show(empty_sample)
    assert "The archive has no films yet." in page.sections["categories"]
    assert "notices" not in page.sections


def test_films_that_no_step_has_seen_are_shown_as_such(empty_sample: "Sample", show: Show) -> None:
    empty_sample.add("A", "a1", "a1-pa")
    empty_sample.archive.ingest([empty_sample.films], engine=empty_sample.engine)
    page = show(empty_sample)
    assert not page.all("img")
    assert "not de-identified" in page.sections["categories"]


def test_long_lists_are_cut_with_the_query_that_shows_all(
    own_sample: "Sample", show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LISTED", 3)
    monkeypatch.setattr(content, "THUMBNAILS", 2)
    for number in range(5):
        (own_sample.films / f"empty-{number}.dcm").touch()
    own_sample.run()
    page = show(own_sample)
    assert page.sections["rejections"].count("empty-") == 3
    assert "and 2 more" in page.sections["rejections"]
    query = re.search(r'ARCHIVE "(.*?)"', page.sections["rejections"])
    assert query is not None
    assert len(own_sample.archive.rows(query[1])) == 5
    assert "and 3 more" in page.sections["categories"]
    query = re.search(r'ARCHIVE "(.*?)"', page.sections["categories"])
    assert query is not None
    assert len(own_sample.archive.rows(query[1])) == 5


def test_some_withheld_films_are_shown_even_in_a_full_category(
    sample: "Sample", show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "THUMBNAILS", 3)
    page = show(sample)
    assert len(page.all("img")) == 2 + 1  # two beside the withheld one, and one undecided
    assert page.sections["categories"].count("withheld: text in the pixels") == 1


def test_tables_can_be_read_aloud(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(header.get("scope") in {"row", "col"} for header in page.all("th"))
    assert page.all("html")[0]["lang"] == "en"
    names = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(names) == len(set(names))


def test_splits_come_from_the_dataset(
    sample: "Sample", show: Show, key: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    summary = publish(sample.archive, out, layout=MimicCxrJpg(), engine=sample.engine, key=key)
    shown = " ".join(show(sample, dataset=out).sections["splits"].split())
    assert "no patient is in two splits" in shown
    for name, counts in summary.splits.items():
        assert f"{name} {counts.films} {counts.studies} {counts.patients}" in shown


def test_a_patient_in_two_splits_is_an_alarm(sample: "Sample", show: Show, tmp_path: Path) -> None:
    rows = [
        dict.fromkeys(COLUMNS, "") | {"dicom_id": "a", "subject_id": "1", "split": "train"},
        dict.fromkeys(COLUMNS, "") | {"dicom_id": "b", "subject_id": "1", "split": "test"},
    ]
    (tmp_path / FILMS).parent.mkdir()
    with (tmp_path / FILMS).open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    page = show(sample, dataset=tmp_path)
    assert "1 patient in more than one split" in page.sections["notices"]


def test_a_folder_that_is_no_dataset_is_refused(
    sample: "Sample", show: Show, tmp_path: Path
) -> None:
    with pytest.raises(BadTable, match="cannot be read"):
        show(sample, dataset=tmp_path)
    (tmp_path / FILMS).parent.mkdir()
    (tmp_path / FILMS).write_bytes(b"dicom_id\n")
    with pytest.raises(BadTable, match="not the table of films"):
        show(sample, dataset=tmp_path)


def test_a_page_that_cannot_be_written_says_so(sample: "Sample", tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot write"):
        write_report_page(sample.archive, tmp_path / "missing" / "report.html")
