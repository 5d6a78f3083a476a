"""`categorize` from the command line, on the sample films."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from plainfilm.demo import SampleSource

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest


def test_every_film_gets_a_decision_and_wrong_tags_change_nothing(
    plainfilm: Run, archive: Path, sample: SampleSource
) -> None:
    ran = plainfilm("categorize", archive, "--workers", 1, "--json")
    assert ran.code == 0
    assert sum(ran.facts["outcomes"].values()) == ran.facts["done"]
    # All sample films are frontal chest films, whatever their BodyPartExamined says.
    assert ran.facts["categories"] == {"chest_pa_ap": ran.facts["done"]}


def test_texts_alone_name_what_they_can_and_record_disagreement(
    plainfilm: Run, archive: Path, sample: SampleSource
) -> None:
    ran = plainfilm("categorize", archive, "--text-only", "--workers", 1, "--json")
    expected = Counter(film.text_category or "(undecided)" for _, film in sample.films)
    assert ran.facts["categories"] == expected
    sql = "SELECT 1 FROM prediction WHERE json_array_length(details -> 'disagreement') > 0"
    told = plainfilm("query", archive, sql, "--csv")
    assert len(told.out.splitlines()) - 1 == len(sample.wrong_body_part)


def test_a_film_that_no_text_names_is_named_by_its_pixels(plainfilm: Run, archive: Path) -> None:
    by_text = plainfilm("categorize", archive, "--text-only", "--workers", 1, "--json")
    assert by_text.facts["categories"]["(undecided)"] == 3
    both = plainfilm("categorize", archive, "--workers", 1, "--json")
    assert "(undecided)" not in both.facts["categories"]
    assert both.facts["outcomes"]["repair"] >= 3


def test_text_only_leaves_earlier_pixels_out(plainfilm: Run, archive: Path) -> None:
    plainfilm("categorize", archive, "--workers", 1)
    ran = plainfilm("categorize", archive, "--text-only", "--workers", 1, "--json")
    assert ran.facts["categories"]["(undecided)"] == 3
    sql = "SELECT 1 FROM decision WHERE probability IS NOT NULL"
    assert len(plainfilm("query", archive, sql, "--csv").out.splitlines()) == 1


def test_a_second_run_has_nothing_to_do(plainfilm: Run, archive: Path) -> None:
    first = plainfilm("categorize", archive, "--workers", 1, "--json")
    again = plainfilm("categorize", archive, "--workers", 1, "--json")
    assert (again.facts["done"], again.facts["skipped"]) == (0, first.facts["done"])


def test_another_model_is_asked_anew_and_a_missing_one_is_said(
    plainfilm: Run, archive: Path
) -> None:
    ran = plainfilm("categorize", archive, "--model", "nosuch", "--workers", 1)
    assert ran.code == 1
    assert "there is no model nosuch" in ran.err
