"""Rules applied to an archive: a table, folders, a dry run."""

import csv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from archive_steps import Decide
from films_on_disk import write_film
from plainfilm.archive import Archive
from plainfilm.demo import stable_uid
from plainfilm.dicom import read_header
from plainfilm.engine import LocalEngine
from plainfilm.errors import ArchiveError, BadTable, Reason, SettingsError, UnreadableDicom
from plainfilm.records import Outcome
from plainfilm.route import DEFAULT, FilmRoutes, Rules, load_rules, parse_rules, route_archive

# Film by number: its decision (None: not categorized), and where the bundled rules send it.
FILMS = {
    0: ((Outcome.AGREE, "chest_pa_ap", 0.99), "chest-model", "sure chest films"),
    1: ((Outcome.REPAIR, "lumbar_spine_ap", 0.95), "spine-model", "sure spine films"),
    2: ((Outcome.CONFLICT, "", 0.95), "review", "undecided films to a person"),
    3: ((Outcome.AGREE, "chest_lateral", 0.5), "review", DEFAULT),
    4: (None, "review", DEFAULT),
}

OWN_TAGS: dict[int, dict[str, Any]] = {
    3: {"StationName": "ROOM 1"},
    4: {"ICCProfile": b"not really"},
}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """Five films, of which film 1 is in a zip file."""
    films = tmp_path / "films"
    for number in FILMS:
        write_film(films / f"{number}.dcm", number, **OWN_TAGS.get(number, {}))
    with zipfile.ZipFile(films / "more.zip", "w") as archived:
        archived.write(films / "1.dcm", "inside.dcm")
    (films / "1.dcm").unlink()
    engine = LocalEngine(workers=1)
    decisions = {
        stable_uid("film", number): decision
        for number, (decision, *_) in FILMS.items()
        if decision is not None
    }
    with Archive.create(tmp_path / "archive") as made:
        made.ingest([films], engine=engine)
        made.run(Decide(decisions), engine=engine)
        yield made


def rules(text: str) -> Rules:
    return parse_rules(f'default = "rest"\n[[rule]]\nname = "r"\nto = "x"\n{text}', "rules.toml")


def taken(archive: Archive, text: str) -> set[int]:
    """The numbers of the films that a rule takes."""
    number_of = {stable_uid("film", number): number for number in FILMS}
    return {
        number_of[film.sop_instance_uid]
        for film in FilmRoutes(archive, rules(text))
        if film.route.rule == "r"
    }


def test_the_table_has_every_film_with_its_way(archive: Archive, tmp_path: Path) -> None:
    table = tmp_path / "routes.csv"
    summary = route_archive(archive, load_rules(), table=table)
    with table.open(newline="") as file:
        rows = {row["sop_instance_uid"]: row for row in csv.DictReader(file)}
    assert len(rows) == len(FILMS)
    for number, (_, destination, rule) in FILMS.items():
        row = rows[stable_uid("film", number)]
        assert (row["destination"], row["rule"]) == (destination, rule)
        expected = "more.zip!inside.dcm" if number == 1 else f"{number}.dcm"
        assert row["path"] == f"{tmp_path}/films/{expected}"
    assert summary.counts.total() == 5
    assert summary.not_categorized == 1
    assert list(tmp_path.glob(".*")) == []


def test_a_dry_run_counts_and_writes_nothing(archive: Archive, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    counts = route_archive(archive, load_rules()).counts
    assert {route.rule: count for route, count in counts.items()} == {
        "undecided films to a person": 1,
        "sure chest films": 1,
        "sure spine films": 1,
        DEFAULT: 2,
    }
    assert sorted(tmp_path.rglob("*")) == before


def test_rules_without_films_are_counted_too(archive: Archive) -> None:
    counts = route_archive(archive, rules('body_part = "hand"')).counts
    assert {route.rule: count for route, count in counts.items()} == {"r": 0, DEFAULT: 5}


@pytest.mark.parametrize(
    ("text", "films"),
    [
        ('tags.StationName = "ROOM 1"', {3}),
        ("tags.StationName = { present = false }", {0, 1, 2, 4}),
        ("tags.InstanceNumber = [1, 2]", {1, 2}),
        ('tags.Modality = ["CR", "DX"]', set(FILMS)),
        ("tags.ICCProfile = { present = true }", {4}),  # binary: kept elsewhere
        ("tags.StationAETitle = { present = true }", set()),  # no film has it
        ('outcome = ["agree"]\ntags.StationName = { present = true }', {3}),
        ("probability = { above = 0.95 }", {0}),
        ("probability = { min = 0.95 }", {0, 1, 2}),
    ],
)
def test_conditions_are_asked_of_tags_and_decisions(
    archive: Archive, text: str, films: set[int]
) -> None:
    assert taken(archive, text) == films


def test_a_value_that_does_not_fit_its_column_is_present_all_the_same(
    archive: Archive, tmp_path: Path
) -> None:
    odd = tmp_path / "odd"
    path = write_film(odd / "9.dcm", 9, SeriesNumber=12)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"\x20\x00\x11\x00IS\x02\x0012", b"\x20\x00\x11\x00IS\x02\x00xy"))
    assert isinstance(read_header(path).tags["SeriesNumber"], str)
    archive.ingest([odd], engine=LocalEngine(workers=1))
    routed = FilmRoutes(archive, rules("tags.SeriesNumber = { present = true }"))
    assert {film.route.rule for film in routed} == {"r"}
    assert len(routed) == 6


def test_tags_that_no_film_has_are_told(archive: Archive) -> None:
    found = route_archive(archive, rules('tags.StationAETitle = "X"\ntags.Modality = "DX"'))
    assert found.absent_keywords == ("StationAETitle",)


def test_films_can_be_chosen(archive: Archive) -> None:
    found = route_archive(archive, load_rules(), where="InstanceNumber < 2 -- the first two")
    assert found.counts.total() == 2
    with pytest.raises(BadTable):
        route_archive(archive, load_rules(), where="NoSuchTag = 1")


def test_an_empty_archive_has_nothing_to_route(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "empty") as empty:
        assert route_archive(empty, rules('tags.Modality = "DX"')).counts.total() == 0


@pytest.mark.parametrize("copy", [False, True])
def test_each_destination_gets_a_folder_of_its_films(
    archive: Archive, tmp_path: Path, copy: bool
) -> None:
    folders = tmp_path / "handed" / "on"
    summary = route_archive(archive, load_rules(), folders=folders, copy=copy)
    assert not summary.rejections
    assert {path.name for path in folders.iterdir()} == {"chest-model", "spine-model", "review"}
    found = {}
    for path in folders.rglob("*.dcm"):
        uid = read_header(path).tags["SOPInstanceUID"]
        found[uid] = path.parent.name
        # What is in a zip file cannot be linked.
        assert path.is_symlink() is (not copy and path.parent.name != "spine-model")
    assert found == {stable_uid("film", n): destination for n, (_, destination, _) in FILMS.items()}
    assert [path.name for path in folders.parent.iterdir()] == ["on"]


def test_a_folder_that_holds_something_is_left_alone(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").touch()
    with pytest.raises(SettingsError, match="not an empty folder"):
        route_archive(archive, load_rules(), folders=tmp_path / "full")
    (tmp_path / "empty").mkdir()
    route_archive(archive, load_rules(), folders=tmp_path / "empty")
    with pytest.raises(ArchiveError, match="cannot"):
        route_archive(archive, load_rules(), folders=tmp_path / "full" / "note" / "below")
    with pytest.raises(ArchiveError, match="cannot write"):
        route_archive(archive, load_rules(), table=tmp_path / "missing" / "routes.csv")


def test_a_film_whose_file_is_gone_is_rejected_and_the_others_go_on(
    archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "films" / "0.dcm").unlink()
    table, folders = tmp_path / "routes.csv", tmp_path / "folders"
    summary = route_archive(archive, load_rules(), table=table, folders=folders)
    (rejection,) = summary.rejections
    assert rejection.reason is Reason.FILE_VANISHED
    assert len(list(folders.rglob("*.dcm"))) == 4
    assert len(table.read_text().splitlines()) == 6


def test_a_film_that_ends_while_it_is_copied_leaves_no_half_file(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(_source: object, target: BinaryIO, _size: int) -> None:
        target.write(b"half")
        raise UnreadableDicom("the share went away", Reason.FILE_UNREADABLE)

    monkeypatch.setattr("shutil.copyfileobj", break_off)
    summary = route_archive(archive, load_rules(), folders=tmp_path / "handed")
    assert [item.reason for item in summary.rejections] == [Reason.FILE_UNREADABLE]
    assert len(list((tmp_path / "handed").rglob("*.dcm"))) == 4  # the others are links


def test_a_failure_leaves_neither_table_nor_folder(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ArchiveError, match="No space left"):
        route_archive(
            archive, load_rules(), table=tmp_path / "t.csv", folders=tmp_path / "f", copy=True
        )
    assert sorted(tmp_path.iterdir()) == before
