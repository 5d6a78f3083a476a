"""Files of boxes, good and bad."""

import gzip
import json
from pathlib import Path

import pytest

from plainfilm.errors import BadTable
from plainfilm.evaluate import DetectionPair, pair_detections, score_points

HEAD = "image_id,lesion_type,xmin,ymin,xmax,ymax"
TRUE = f"{HEAD}\na,Osteophytes,0,0,10,10\na,Surgical implant,5,5,20,20\nb,No finding,,,,\n"
SAID = f"{HEAD},score\na.png,osteophytes,0,0,10,11,0.9\nb.png,surgical_implant,1,1,9,9,0.2\n"


@pytest.fixture
def pair(tmp_path: Path):
    def make(
        predicted: str = SAID, truth: str = TRUE, *, films: str = "", **options: object
    ) -> DetectionPair:
        paths = []
        for name, text in (("p", predicted), ("t", truth), ("films", films)):
            path = tmp_path / f"{name}.{'json' if text.startswith(('{', '[')) else 'csv'}"
            path.write_text(text)
            paths.append(path)
        return pair_detections(
            {"p": paths[0]}, paths[1], films=paths[2] if films else None, **options
        )

    return make


def test_films_and_lesions_go_by_their_names_however_written(pair) -> None:
    found = pair()
    assert found.first.images == ("a", "b")
    assert found.first.labels == ("Osteophytes", "Surgical implant")
    assert found.first.predicted.label.tolist() == [0, 1]
    assert (found.films_without_boxes, found.cut, found.faults) == (1, 0, ())


def test_vindrs_further_columns_are_passed_over(pair) -> None:
    rows = TRUE.splitlines()
    truth = "\n".join([f"study_id,{rows[0]},rad_id", *(f"s,{row},r" for row in rows[1:])])
    assert len(pair(truth=truth).first.truth) == 2


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("a,Osteophytes,10,0,5,10", r"row 5 \(xmin > xmax\)"),
        ("a,Osteophytes,0,9,5,2", r"row 5 \(ymin > ymax\)"),
        ("a,Osteophytes,5,0,5,10", r"row 5 \(no area\)"),
        ("a,Osteophytes,-9,-9,-1,-1", r"row 5 \(outside the film\)"),
        ("a,Osteophytes,nan,0,5,5", r"row 5 \(a corner is no number\)"),
        ("a,Osteophytes,0,0,5,", r"row 5 \(a corner is no number\)"),
        ("a,Osteophytes,0,0,inf,9", r"row 5 \(a corner is no number\)"),
        ("a,Osteophytes,-1e308,0,1e308,9", r"row 5 \(a corner is beyond any film\)"),
        (",Osteophytes,0,0,5,5", r"row 5 \(no image_id\)"),
    ],
)
def test_boxes_that_cannot_be_used_are_refused_or_left_out(pair, row: str, what: str) -> None:
    with pytest.raises(BadTable, match=rf"t.csv: 1 boxes cannot be used: {what}"):
        pair(truth=f"{TRUE}{row}\n")
    found = pair(truth=f"{TRUE}{row}\n", skip_bad_boxes=True)
    assert len(found.first.truth) == 2
    assert len(found.faults) == 1


@pytest.mark.parametrize("score", ["nan", "", "high"])
def test_scores_that_are_no_numbers_are_refused(pair, score: str) -> None:
    with pytest.raises(BadTable, match=r"p.csv: 1 boxes .*row 2 \(the score is no number\)"):
        pair(predicted=SAID.replace("0.9", score))


def test_boxes_over_the_edge_are_cut_and_those_beyond_it_refused(pair) -> None:
    films = "image_id,width,height\na,12,15\nb,30,30\n"
    found = pair(films=films)
    assert found.cut == 1
    assert found.first.truth.corners[1].tolist() == [5, 5, 12, 15]
    with pytest.raises(BadTable, match=r"row 3 \(outside the film\)"):
        pair(films=films.replace("12,15", "5,15"))


def test_unknown_lesions_are_listed(pair) -> None:
    predicted = f"{SAID}b,Fracture,0,0,5,5,0.5\n"
    with pytest.raises(BadTable, match="not scored: Fracture; scored are Osteophytes, Surgical"):
        pair(predicted=predicted)
    assert pair(predicted=predicted, common=True).labels_left_out == ("Fracture",)
    with pytest.raises(BadTable, match="not scored: Surgical implant"):
        pair(labels=["Osteophytes"])


def test_names_can_be_mapped_to_classes(pair) -> None:
    classes = {"Osteophytes": "bone", "osteophytes": "bone", "Surgical implant": "metal"}
    found = pair(SAID.replace("surgical_implant", "Surgical implant"), label_of=classes.get)
    assert found.first.labels == ("bone", "metal")
    with pytest.raises(BadTable, match="not scored: surgical_implant"):
        pair(label_of=classes.get)


def test_an_annotation_without_its_film_is_refused(pair) -> None:
    with pytest.raises(BadTable, match=r"row 2 \(its film is not there\), row 3"):
        pair(films="image_id\nb\n")


def test_a_film_without_annotation_is_without_lesion_where_it_is_listed(pair) -> None:
    predicted = f"{SAID}c,osteophytes,0,0,5,5,0.5\n"
    with pytest.raises(BadTable, match=r"boxes on 1 films that .* does not know: c"):
        pair(predicted=predicted)
    assert pair(predicted=predicted, films="image_id\na\nb\nc\n").films_without_boxes == 2
    left = pair(predicted=predicted, common=True)
    assert (left.films_only_predicted, left.first.images) == (("c",), ("a", "b"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"truth": f"{HEAD}\nb,No finding,,,,\n"}, "there is no box to find"),
        ({"predicted": SAID.replace(",score", ",chance")}, "missing columns score"),
        ({"films": "image_id,width,height\na,0,5\nb,9,9\n"}, "row 2, column width: no number"),
        ({"truth": '{"images": 3}'}, "no COCO JSON"),
        ({"predicted": "[]"}, "read beside a truth in COCO's JSON only"),
        ({"films": "image_id,width,height\na,5,5\na,6,5\n"}, "different sizes that are there more"),
        (
            {"films": "image_id,width,height\n ,5,5\n"},
            "row 2, column image_id: the film has no name",
        ),
    ],
)
def test_files_that_cannot_be_used_are_refused(pair, options: dict[str, str], words: str) -> None:
    with pytest.raises(BadTable, match=words):
        pair(**options)


COCO = {
    "images": [
        {"id": 7, "file_name": "films/a.png", "width": 30, "height": 30},
        {"id": 8, "file_name": "films/b.png", "width": 30, "height": 30},
    ],
    "categories": [{"id": 3, "name": "Osteophytes"}, {"id": 5, "name": "Surgical implant"}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 3, "bbox": [0, 0, 10, 10]},
        {"id": 2, "image_id": 7, "category_id": 5, "bbox": [5, 5, 15, 15]},
    ],
}
RESULTS = [
    {"image_id": 7, "category_id": 3, "bbox": [0, 0, 10, 11], "score": 0.9},
    {"image_id": 8, "category_id": 5, "bbox": [1, 1, 8, 8], "score": 0.2},
]


INSTANCES = {**COCO, "annotations": RESULTS}


@pytest.mark.parametrize(
    ("predicted", "truth"),
    [
        (SAID, json.dumps(COCO)),
        (json.dumps(RESULTS), json.dumps(COCO)),
        (json.dumps(INSTANCES), json.dumps(COCO)),
        (json.dumps(INSTANCES), TRUE),
    ],
    ids=["csv and coco", "results and coco", "coco and coco", "coco and csv"],
)
def test_coco_says_the_same_as_csv(pair, truth: str, predicted: str) -> None:
    found, expected = pair(predicted, truth).first, pair().first
    assert (found.images, found.labels) == (expected.images, expected.labels)
    for name in ("image", "label", "corners", "score"):
        one, other = (getattr(each.predicted, name).tolist() for each in (found, expected))
        assert one == other
    assert found.truth.corners.tolist() == expected.truth.corners.tolist()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"image_id": 9}, "its film is not there"),
        ({"category_id": 9}, "a category_id that no category has"),
        ({"bbox": [0, 0, 0, 5]}, "no area"),
        ({"bbox": [9, 0, -5, 5]}, "xmin > xmax"),
        ({"bbox": [40, 40, 5, 5]}, "outside the film"),
        ({"bbox": [1, 2, 3]}, "a corner is no number"),
        ({"iscrowd": 1}, "a crowd region"),
    ],
)
def test_coco_annotations_that_cannot_be_used_are_refused(
    pair, change: dict[str, object], what: str
) -> None:
    broken = {**COCO, "annotations": [*COCO["annotations"], {**COCO["annotations"][0], **change}]}
    with pytest.raises(BadTable, match=rf"annotation 2 \({what}"):
        pair(truth=json.dumps(broken))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"images": [*COCO["images"], {"id": 7, "file_name": "c.png"}]}, "image ids .* once: 7"),
        ({"images": [*COCO["images"], {"id": 9, "file_name": "x/a.png"}]}, "without folders.*: a"),
        ({"categories": [*COCO["categories"], {"id": 3, "name": "Edema"}]}, "category ids .*: 3"),
    ],
)
def test_coco_that_calls_two_things_the_same_is_refused(
    pair, change: dict[str, object], what: str
) -> None:
    with pytest.raises(BadTable, match=what):
        pair(truth=json.dumps({**COCO, **change}))


def test_json_may_be_gzipped(tmp_path: Path) -> None:
    for name, found in (("p", RESULTS), ("t", COCO)):
        (tmp_path / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(found).encode()))
    paths = tmp_path / "p.json.gz", tmp_path / "t.json.gz"
    assert len(pair_detections({"p": paths[0]}, paths[1]).first.predicted) == 2
    paths[1].write_bytes(paths[1].read_bytes()[:30])
    with pytest.raises(BadTable, match="damaged, or not gzipped"):
        pair_detections({"p": paths[0]}, paths[1])


@pytest.mark.parametrize(
    "head",
    ["Image Index,Finding Label,Bbox [x,y,w,h],,,", "Image Index,Finding Label,x,y,w,h"],
    ids=["published", "plain"],
)
@pytest.mark.parametrize("packed", [False, True], ids=["csv", "csv.gz"])
def test_chestxray14s_list_of_boxes_is_a_truth(tmp_path: Path, head: str, packed: bool) -> None:
    text = f"{head}\na.png,Infiltrate,10,20,30,40\nb.png,Mass,1,2,3,4,,,\n"
    truth = tmp_path / f"BBox_List_2017.csv{'.gz' if packed else ''}"
    truth.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    said = tmp_path / "p.csv"
    said.write_text(f"{HEAD},score\na,Infiltration,10,20,40,60,0.9\n")
    found = pair_detections({"p": said}, truth)
    assert found.first.labels == ("Infiltration", "Mass")
    assert found.truth.corners.tolist() == [[10, 20, 40, 60], [1, 2, 4, 6]]
    with pytest.raises(BadTable, match="missing columns image_id"):
        pair_detections({"p": truth}, truth)  # it has no scores


def test_a_label_that_is_asked_for_twice_is_scored_once(pair) -> None:
    found = pair(labels=["Osteophytes", "Osteophytes"], common=True).first
    assert found.labels == ("Osteophytes",)
    assert found.truth.label.tolist() == [0]


def test_points_on_unknown_films_are_refused_or_left_out(pair, tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    rows = "zz,Osteophytes,5,5\nzz,Rash,1,1\nzz,Rash,2,2\na,Osteophytes,5,5\n"
    points.write_text(f"image_id,lesion_type,x,y\n{rows}")
    with pytest.raises(BadTable, match="not scored: Rash"):
        score_points(points, pair())
    points.write_text(f"image_id,lesion_type,x,y\n{rows.replace('Rash', 'Osteophytes')}")
    with pytest.raises(BadTable, match="points on films that are not known: zz"):
        score_points(points, pair())
    points.write_text(f"image_id,lesion_type,x,y\n{rows}")
    *_, every = score_points(points, pair(), common=True)
    assert (every.accuracy.count, every.accuracy.of) == (1, 1)


def test_points_are_scored_and_bad_ones_refused(pair, tmp_path: Path) -> None:
    found = pair()
    points = tmp_path / "points.csv"
    points.write_text("image_id,lesion_type,x,y\na,Osteophytes,5,5\na,Surgical implant,1,1\n")
    assert [each.accuracy.count for each in score_points(points, found)] == [1, 0, 1]
    for row, words in [
        ("a,Osteophytes,x,5", "row 4, column x: no number"),
        ("a,osteophytes,5,5", "several points of one label: a"),
        ("a,Fracture,5,5", "not scored: Fracture"),
    ]:
        text = "image_id,lesion_type,x,y\na,Osteophytes,5,5\na,Surgical implant,1,1\n"
        points.write_text(f"{text}{row}\n")
        with pytest.raises(BadTable, match=words):
            score_points(points, found)
