"""`findings` from end to end: the router's films, their models, what the archive holds after."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny_finding_models as tiny
from archive_steps import Decide
from plainfilm.archive import Archive
from plainfilm.demo import make_film, stable_uid
from plainfilm.dicom import write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.records import Outcome

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest

# Where the router sends each film: its category and how sure that is.
FILMS = {
    0: ("chest_pa_ap", 0.99),
    1: ("chest_pa_ap", 0.99),
    2: ("chest_lateral", 0.99),  # goes to the chest model, which does not read it
    3: ("chest_pa_ap", 0.70),  # not sure enough: to a person
    4: ("lumbar_spine_ap", 0.99),
    5: ("hand_ap", 0.99),
}


def _decide(archive: Archive, films: dict[int, tuple[str, float]]) -> None:
    decisions = {
        stable_uid("film", number): (Outcome.AGREE, *said) for number, said in films.items()
    }
    archive.run(Decide(decisions), engine=LocalEngine(workers=1), again=True)


@pytest.fixture
def decided(tmp_path: Path) -> Path:
    frame = np.full((96, 96), 20, np.uint8)
    frame[:48, :48] = 220
    window = {"WindowCenter": 128, "WindowWidth": 256}
    folder = tmp_path / "films"
    folder.mkdir()
    for number in FILMS:
        tags = window | {"SOPInstanceUID": stable_uid("film", number)}
        write_dataset(make_film(tags, frame=frame, bits_stored=8), folder / f"{number}.dcm")
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest([folder], engine=LocalEngine(workers=1))
        _decide(archive, FILMS)
    return tmp_path / "archive"


@pytest.fixture
def models(tmp_path: Path) -> tuple[object, ...]:
    return (
        "--chest-model", tiny.write_finding_model(tmp_path / "chest"),
        "--spine-model", tiny.write_classifier(tmp_path / "spine"),
        "--detector", tiny.write_detector(tmp_path / "lesions", framing="stretch"),
    )  # fmt: skip


def test_the_routers_films_are_read_and_a_lateral_one_is_refused(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    ran = plainfilm("findings", decided, *models, "--json")
    assert ran.code == 3
    chest, spine = ran.facts["chest"], ran.facts["spine"]
    assert (chest["sent"], chest["read"], chest["rejected"]) == (3, 2, 1)
    assert chest["reasons"] == {"category_not_read": 1}
    assert chest["present"] == {"chest:top_left": 2}
    assert (spine["sent"], spine["read"], spine["boxes"]) == (1, 1, 2)
    assert ran.facts["elsewhere"] == 2
    assert "not a medical device" in ran.facts["notice"]
    with Archive.open(decided) as archive:
        assert len(archive.rows("SELECT * FROM prediction WHERE task LIKE 'chest:%'")) == 8
        (box,) = archive.rows("SELECT DISTINCT label, task FROM box WHERE task = 'chest'")
        assert box == {"label": "top_left", "task": "chest"}


def test_the_reason_of_a_refusal_is_told(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    ran = plainfilm("findings", decided, *models)
    assert "the film is chest_lateral; tiny-findings 1 reads only chest_pa_ap" in ran.err


def test_what_is_read_is_skipped_until_it_is_asked_for_again(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    plainfilm("findings", decided, *models)
    once_more = plainfilm("findings", decided, *models, "--json")
    assert once_more.code == 0
    assert (once_more.facts["chest"]["read"], once_more.facts["chest"]["done_before"]) == (0, 3)
    again = plainfilm("findings", decided, *models, "--again", "--json")
    assert again.facts["chest"]["read"] == 2
    with Archive.open(decided) as archive:
        assert len(archive.rows("SELECT * FROM box")) == 4  # replaced, not added


def test_answers_go_when_a_film_turns_out_to_be_of_another_category(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    plainfilm("findings", decided, *models)
    with Archive.open(decided) as archive:
        _decide(archive, FILMS | {0: ("hand_ap", 0.99)})
    plainfilm("findings", decided, *models)
    with Archive.open(decided) as archive:
        films = "JOIN film USING (film_id) WHERE sop_instance_uid = $uid"
        uid = stable_uid("film", 0)
        assert not archive.rows(f"SELECT 1 FROM prediction {films}", uid=uid)
        assert not archive.rows(f"SELECT 1 FROM box {films}", uid=uid)


def test_spine_films_without_a_model_are_told_and_left(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    ran = plainfilm("findings", decided, *models[:2], "--json")
    assert ran.facts["spine"] == {"sent": 1, "read": 0}
    assert "1 spine films were not read" in ran.err


def test_two_workers_leave_what_one_leaves(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    def left() -> list[dict[str, object]]:
        query = "SELECT film_id, task, value, probability FROM prediction ORDER BY film_id, task"
        with Archive.open(decided) as archive:
            return archive.rows(query)

    plainfilm("findings", decided, *models, "--workers", 2)
    with_two = left()
    plainfilm("findings", decided, *models, "--workers", 1, "--again")
    assert left() == with_two


def test_a_damaged_or_unfit_model_stops_before_any_film(
    plainfilm: Run, decided: Path, models: tuple[object, ...], tmp_path: Path
) -> None:
    damaged = tiny.write_finding_model(tmp_path / "damaged")
    (damaged / "findings.onnx").write_bytes(b"not ONNX")
    ran = plainfilm("findings", decided, "--chest-model", damaged)
    assert (ran.code, "is damaged" in ran.err) == (1, True)
    ran = plainfilm("findings", decided, "--chest-model", models[5])
    assert (ran.code, "plainfilm detect" in ran.err) == (1, True)
    ran = plainfilm("findings", decided, *models, "--provider", "abacus")
    assert (ran.code, "no provider `abacus`" in ran.err) == (1, True)
