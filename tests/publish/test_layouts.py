"""What each layout writes; that other programs read it is shown in test_readers.py."""

import csv
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plainfilm.demo import stable_uid
from plainfilm.dicom import decode_image, read_header
from plainfilm.engine import LocalEngine
from plainfilm.errors import BadTable, SettingsError
from plainfilm.publish import (
    LAYOUTS,
    DatasetOptions,
    ExportImage,
    ImageFormat,
    Layout,
    MimicCxrJpg,
    PublishSummary,
    Resize,
    SplitSizes,
    WebDataset,
    find_layout,
    publish,
)

if TYPE_CHECKING:
    from conftest import Sample

pytestmark = pytest.mark.usefixtures("without_pictures")

Publish = Callable[..., PublishSummary]


@pytest.fixture
def publish_as(sample: "Sample", key: bytes, tmp_path: Path) -> Publish:
    def call(layout: Layout | str, place: str = "set", **options: Any) -> PublishSummary:
        given = {
            "layout": LAYOUTS[layout]() if isinstance(layout, str) else layout,
            "engine": sample.engine,
            "key": key,
            "label_set": "chexpert",
            **options,
        }
        return publish(sample.archive, tmp_path / place, **given)

    return call


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    path = tmp_path / "boxes.csv"
    rows = [f"{stable_uid('a1-pa')},Nodule,4,2,8,6", f"{stable_uid('b1-ap')},Mass,0,0,24,16"]
    path.write_text("sop_instance_uid,finding,x,y,width,height\n" + "\n".join(rows) + "\n")
    return path


def contents(dataset: Path) -> dict[str, bytes]:
    files = (path for path in dataset.rglob("*") if path.is_file())
    return {str(path.relative_to(dataset)): path.read_bytes() for path in files}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_layout_is_registered_by_its_name() -> None:
    assert list(LAYOUTS) == ["mimic-cxr-jpg", "chestxray14", "coco", "webdataset", "dicom"]
    assert all(find_layout(name).name == name for name in LAYOUTS)
    with pytest.raises(SettingsError, match="known: mimic-cxr-jpg, chestxray14"):
        find_layout("imagenet")


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_equal_bytes_and_true_checksums(
    publish_as: Publish, boxes: Path, name: str
) -> None:
    first = publish_as(name, "one/set", boxes=boxes).path
    with LocalEngine(workers=2) as engine:
        second = publish_as(name, "two/set", boxes=boxes, engine=engine).path
    assert contents(first) == contents(second)
    program = shutil.which("sha256sum")
    assert program is not None
    subprocess.run([program, "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=first, check=True)
    listed = {line.split("  ")[1] for line in (first / "SHA256SUMS").read_text().splitlines()}
    assert listed == set(contents(first)) - {"SHA256SUMS"}


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "dicom"])
def test_no_id_of_the_clean_copies_leaves_with_images(
    sample: "Sample", publish_as: Publish, boxes: Path, name: str
) -> None:
    secrets = (*sample.NAME.split("^"), sample.REPORT, "p-of-", "s-of-", stable_uid("a1-pa"))
    for file, content in contents(publish_as(name, boxes=boxes).path).items():
        for secret in secrets:
            assert secret.encode() not in content, (file, secret)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_readme_names_the_files_of_its_layout(publish_as: Publish, name: str) -> None:
    dataset = publish_as(name).path
    text = (dataset / "README.md").read_text()
    assert LAYOUTS[name].description in text
    assert "{" not in text


@pytest.mark.parametrize("name", LAYOUTS)
def test_formats_that_a_layout_does_not_have_are_refused(publish_as: Publish, name: str) -> None:
    for kind in set(ImageFormat) - set(LAYOUTS[name].formats):
        with pytest.raises(SettingsError, match=f"{name} has no images of format {kind}; allowed"):
            publish_as(name, image=ExportImage(kind))


def test_chestxray14_has_its_columns_and_lists(publish_as: Publish, boxes: Path) -> None:
    summary = publish_as("chestxray14", boxes=boxes)
    lines = (summary.path / "Data_Entry.csv").read_text().splitlines()
    # As Data_Entry_2017_v2020.csv and BBox_List_2017.csv of the NIH.
    assert lines[0] == (
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,"
        "View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
    )
    box_lines = (summary.path / "BBox_List.csv").read_text().splitlines()
    assert box_lines[0] == "Image Index,Finding Label,Bbox [x,y,w,h],,,"
    entries = rows_of(summary.path / "Data_Entry.csv")
    images = [row["Image Index"] for row in entries]
    assert images == sorted(path.name for path in (summary.path / "images").iterdir())
    for row in entries:
        name = f"{int(row['Patient ID']):08}_{int(row['Follow-up #']):03}.png"
        assert row["Image Index"] == name
        assert (row["OriginalImage[Width"], row["Height]"]) == ("24", "32")
    assert sorted(row["Finding Labels"] for row in entries) == [
        "",  # no report
        "",
        "",
        "Cardiomegaly|Pneumonia",
        "Cardiomegaly|Pneumonia",
    ]
    lists = {
        name: (summary.path / f"{name}_list.txt").read_text().splitlines()
        for name in ("train_val", "train", "val", "test")
    }
    assert sorted(lists["train_val"] + lists["test"]) == images
    assert sorted(lists["train"] + lists["val"]) == lists["train_val"]
    assert len(lists["test"]) == summary.splits["test"].films


def test_chestxray14_is_1024_square_and_its_boxes_are_so_too(
    publish_as: Publish, boxes: Path
) -> None:
    dataset = publish_as("chestxray14", boxes=boxes).path
    assert {decode_image(path).shape for path in (dataset / "images").iterdir()} == {(1024, 1024)}
    rows = [line.split(",")[1:6] for line in (dataset / "BBox_List.csv").read_text().splitlines()]
    # 32 x 24 in the middle: 496 rows above, 500 columns on the left.
    assert sorted(rows[1:]) == [
        ["Mass", "500.0", "496.0", "24.0", "16.0"],
        ["Nodule", "504.0", "498.0", "8.0", "6.0"],
    ]


def test_a_report_without_findings_is_told_from_none(
    own_sample: "Sample", key: bytes, tmp_path: Path
) -> None:
    own_sample.report("c1", "; No Finding=1")
    own_sample.report("a2", "; Edema=-1")
    own_sample.run()
    dataset = publish(
        own_sample.archive,
        tmp_path / "set",
        layout=LAYOUTS["chestxray14"](),
        engine=own_sample.engine,
        key=key,
        label_set="chexpert",
    ).path
    said = sorted(row["Finding Labels"] for row in rows_of(dataset / "Data_Entry.csv"))
    assert said == ["", "", "Cardiomegaly|Pneumonia", "Cardiomegaly|Pneumonia", "No Finding"]


def test_chestxray14_without_a_positive_label_is_refused_since_nothing_opens_it(
    publish_as: Publish, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="no film has a positive label of the set nih") as told:
        publish_as("chestxray14", label_set=None)
    assert "plainfilm label ARCHIVE --labels nih" in str(told.value)
    assert "--labels chexpert" in str(told.value)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("layout", "kind", "reader"),
    [
        ("mimic-cxr-jpg", ImageFormat.PNG16, "MIMIC_Dataset"),
        ("mimic-cxr-jpg", ImageFormat.PNG8, "MIMIC_Dataset"),
        ("chestxray14", ImageFormat.PNG16, "NIH_Dataset"),
    ],
)
def test_the_readme_names_no_reader_that_cannot_read_the_format(
    publish_as: Publish, layout: str, kind: ImageFormat, reader: str
) -> None:
    dataset = publish_as(layout, image=ExportImage(kind)).path
    for name in ("README.md", "croissant.json"):
        text = (dataset / name).read_text()
        assert reader not in text
        assert f"do not look for images of format {kind}" in text


def test_coco_images_without_boxes_are_there(publish_as: Publish, boxes: Path) -> None:
    dataset = publish_as("coco", boxes=boxes).path
    numbers: list[int] = []
    annotated: list[int] = []
    for split in ("train", "validate", "test"):
        found = json.loads((dataset / f"annotations/instances_{split}.json").read_text())
        assert [each["name"] for each in found["categories"]] == ["Mass", "Nodule"]
        for image in found["images"]:
            assert (dataset / "images" / split / image["file_name"]).is_file()
            assert (image["height"], image["width"]) == (32, 24)
        own = [image["id"] for image in found["images"]]
        assert {each["image_id"] for each in found["annotations"]} <= set(own)
        numbers += own
        annotated += [each["id"] for each in found["annotations"]]
    assert sorted(numbers) == [1, 2, 3, 4, 5]
    assert sorted(annotated) == [1, 2]


def test_webdataset_has_shards_of_a_size_and_nothing_beside(publish_as: Publish) -> None:
    summary = publish_as(WebDataset(shard_films=2), options=DatasetOptions(SplitSizes((1, 0, 0))))
    shards = sorted(path.name for path in summary.path.glob("*.tar"))
    assert shards == ["train-000000.tar", "train-000001.tar", "train-000002.tar"]
    assert not (summary.path / "train").exists()
    counts = []
    for shard in shards:
        with tarfile.open(summary.path / shard) as tar:
            members = tar.getmembers()
        names = [Path(member.name) for member in members]
        assert all(member.mtime == member.uid == member.gid == 0 for member in members)
        assert [name.suffix for name in names] == [".jpg", ".json"] * (len(names) // 2)
        assert [name.stem for name in names[::2]] == [name.stem for name in names[1::2]]
        counts.append(len(names) // 2)
    assert counts == [2, 2, 1]
    with pytest.raises(SettingsError, match="at least 1"):
        WebDataset(0)


def test_dicom_lies_under_the_ids_that_it_holds(publish_as: Publish, boxes: Path) -> None:
    dataset = publish_as("dicom", boxes=boxes).path
    films = rows_of(dataset / "films.csv")
    assert len(films) == 5
    for row in films:
        path = dataset / row["file"]
        assert path.relative_to(dataset).parts == (
            row["patient"],
            row["study"],
            f"{row['sop_instance_uid']}.dcm",
        )
        tags = read_header(path).tags
        assert tags["PatientIdentityRemoved"] == "YES"
        assert tags["PatientID"] == row["patient"]
    assert len(rows_of(dataset / "boxes.csv")) == 2
    assert len(rows_of(dataset / "chexpert.csv")) == 2


def test_mimic_tables_tell_the_size_of_the_image(publish_as: Publish) -> None:
    image = ExportImage(ImageFormat.PNG16, resize=Resize.parse("longer:16"))
    dataset = publish_as(MimicCxrJpg(), image=image).path
    assert {decode_image(path).shape for path in dataset.glob("files/*/*/*/*.png")} == {(16, 12)}


def test_films_are_chosen_by_a_condition(publish_as: Publish) -> None:
    assert publish_as("dicom", where="ViewPosition = 'PA'").films == 3
    with pytest.raises(BadTable, match="no de-identified film meets the condition"):
        publish_as("dicom", "none", where="ViewPosition = 'RLO'")
    with pytest.raises(BadTable):
        publish_as("dicom", "none", where="no condition")
