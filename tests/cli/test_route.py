"""`route` from end to end."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from archive_steps import Decide
from films_on_disk import write_film
from plainfilm.archive import Archive
from plainfilm.demo import stable_uid
from plainfilm.engine import LocalEngine
from plainfilm.records import Outcome

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest


@pytest.fixture
def decided(tmp_path: Path) -> Path:
    """Seven films, by turns CR and DX: two never categorized, a conflict, sure chest films."""
    for number in range(7):
        modality = ("CR", "DX")[number % 2]
        write_film(tmp_path / "films" / f"{number}.dcm", number, Modality=modality)
    decisions = {
        stable_uid("film", number): (Outcome.AGREE, "chest_pa_ap", 0.99) for number in range(3, 7)
    }
    decisions[stable_uid("film", 2)] = (Outcome.CONFLICT, "", 0.99)
    engine = LocalEngine(workers=1)
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest([tmp_path / "films"], engine=engine)
        archive.run(Decide(decisions), engine=engine)
    return tmp_path / "archive"


def test_a_dry_run_shows_what_would_go_where(plainfilm: Run, decided: Path) -> None:
    ran = plainfilm("route", decided, "--dry-run", "--json")
    assert (ran.code, ran.facts["films"]) == (0, 7)
    assert ran.facts["destinations"] == {"review": 3, "chest-model": 4, "spine-model": 0}
    assert {row["rule"]: row["films"] for row in ran.facts["rules"]} == {
        "undecided films to a person": 1,
        "sure chest films": 4,
        "sure spine films": 0,
        "default": 2,
    }
    assert ran.facts["dry_run"] is True
    assert "2 films were not categorized" in ran.err
    shown = plainfilm("route", decided, "--dry-run")
    assert (shown.code, "Where films would go" in shown.out) == (0, True)
    assert "sure chest films" in shown.out


def test_the_table_and_the_folders_are_the_result(
    plainfilm: Run, decided: Path, tmp_path: Path
) -> None:
    rules, table, folders = tmp_path / "rules.toml", tmp_path / "t.csv", tmp_path / "handed"
    rules.write_text(
        'default = "rest"\n[[rule]]\nname = "DX"\nto = "dx"\ntags.Modality = "DX"\n'
        'outcome = ["agree", "repair"]\n'
    )
    ran = plainfilm("route", decided, rules, "--out", table, "--link", folders, "--json")
    assert ran.code == 0
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["film_id", "sop_instance_uid", "path", "destination", "rule"]
    assert len(rows) == ran.facts["films"]
    for name, films in ran.facts["destinations"].items():
        assert films > 0
        assert len(list((folders / name).iterdir())) == films
        assert sum(row["destination"] == name for row in rows) == films
    again = plainfilm("route", decided, rules, "--link", folders)
    assert (again.code, "not an empty folder" in again.err) == (1, True)


def test_films_whose_files_are_gone_are_listed_with_exit_code_3(
    plainfilm: Run, decided: Path, tmp_path: Path
) -> None:
    (tmp_path / "films" / "4.dcm").unlink()
    ran = plainfilm("route", decided, "--link", tmp_path / "handed")
    assert ran.code == 3
    assert "file_vanished" in ran.err


def test_the_bundled_rules_can_be_printed_and_used(
    plainfilm: Run, decided: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(plainfilm("route", "--print-rules").out)
    bundled = plainfilm("route", decided, "--dry-run", "--json")
    assert plainfilm("route", decided, rules, "--dry-run", "--json").facts == bundled.facts
    chosen = plainfilm("route", decided, "--dry-run", "--where", "Modality = 'CR'", "--json")
    assert chosen.facts["films"] == 4


def test_bad_rules_are_one_line_and_exit_code_1(
    plainfilm: Run, decided: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('default = "x"\n[[rule]]\nname = "a"\nto = "b"\ncategory = "brain"\n')
    ran = plainfilm("route", decided, rules, "--dry-run")
    assert (ran.code, ran.out) == (1, "")
    assert "rules.toml, rule 1 (a): category 'brain' is unknown; known: abdomen_ap" in ran.err
    assert plainfilm("route", decided, tmp_path / "none.toml", "--dry-run").code == 1


@pytest.mark.parametrize(
    "options", [[], ["--dry-run", "--out", "t.csv"], ["--out", "t.csv", "--copy"]]
)
def test_options_that_do_not_go_together_are_wrong_usage(
    plainfilm: Run, decided: Path, options: list[str]
) -> None:
    assert plainfilm("route", decided, *options).code == 2


def test_a_tag_that_no_film_has_is_told(plainfilm: Run, decided: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('default = "x"\n[[rule]]\nname = "a"\nto = "b"\ntags.StationAETitle = "ONE"\n')
    ran = plainfilm("route", decided, rules, "--dry-run", "--json")
    assert ran.facts["absent_keywords"] == ["StationAETitle"]
    assert "no film has the tags StationAETitle" in ran.err
