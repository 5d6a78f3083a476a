"""What users have already reads the datasets: torchxrayvision, pycocotools, webdataset."""

import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pytest

from plainfilm.dicom import decode_image
from plainfilm.publish import (
    LAYOUTS,
    DatasetOptions,
    ImageFormat,
    Resize,
    SplitSizes,
    WebDataset,
    publish,
)
from plainfilm.publish.export import ExportImage

if TYPE_CHECKING:
    from conftest import Sample

pytestmark = pytest.mark.usefixtures("without_pictures")

Published = Callable[..., Path]


@pytest.fixture
def published(sample: "Sample", key: bytes, tmp_path: Path) -> Published:
    """Publishes the sample in a layout, with two boxes on its first film."""

    def call(name: str, **options: Any) -> Path:
        boxes = tmp_path / "boxes.csv"
        uid = sample.archive.rows(
            "SELECT film.sop_instance_uid FROM film JOIN clean_film USING (film_id)"
            " ORDER BY film_id LIMIT 1"
        )[0]["sop_instance_uid"]
        boxes.write_text(
            "sop_instance_uid,finding,x,y,width,height\n"
            f"{uid},Nodule,4,2,8,6\n{uid},Cardiomegaly,0,16,24,16\n"
        )
        layout = options.pop("layout", None) or LAYOUTS[name]()
        summary = publish(
            sample.archive,
            tmp_path / "set",
            layout=layout,
            engine=sample.engine,
            key=key,
            boxes=boxes,
            options=DatasetOptions(SplitSizes((0.5, 0.2, 0.3))),
            **options,
        )
        assert summary.boxes == 2
        return summary.path

    return call


@pytest.fixture(scope="module")
def torchxrayvision(missing_peer: Callable[[str], NoReturn]) -> Iterator[ModuleType]:
    # In a folder of their own: transformers would find torchvision, and stumble as we do below.
    readers = Path(sys.prefix) / "readers"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(readers)
        try:
            import torch  # noqa: F401, PLC0415

            _import_torchvision()
            reader = importlib.import_module("torchxrayvision")
        except ModuleNotFoundError as error:
            missing_peer(str(error.name))
        yield reader


def _import_torchvision() -> None:
    """Import torchvision, also where its build for graphics cards stands beside a CPU's torch:
    its operators are in a library that does not load there, and it stumbles over two of them."""
    from torch import library  # noqa: PLC0415

    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        operators = library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _LIBRARIES.append(operators)  # it is unregistered with its last reference
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        importlib.import_module("torchvision")


_LIBRARIES: list[Any] = []


def test_mimic_dataset_of_torchxrayvision_loads_it(
    published: Published, torchxrayvision: ModuleType
) -> None:
    folder = published("mimic-cxr-jpg")
    loaded = torchxrayvision.datasets.MIMIC_Dataset(
        imgpath=str(folder / "files"),
        csvpath=str(folder / "set-chexpert.csv.gz"),
        metacsvpath=str(folder / "set-metadata.csv.gz"),
        views=["PA", "AP"],
        unique_patients=False,
    )
    assert len(loaded) == 2  # of the studies with a report: one film each from the front
    labels = {name: set(loaded.labels[:, n]) for n, name in enumerate(loaded.pathologies)}
    assert 1 in labels["Pneumonia"]
    sample = loaded[0]
    assert sample["img"].shape == (1, 32, 24)
    assert sample["img"].min() < 0 < sample["img"].max()


def test_nih_dataset_of_torchxrayvision_loads_it(
    published: Published, torchxrayvision: ModuleType
) -> None:
    folder = published(
        "chestxray14",
        label_set="chexpert",
        image=ExportImage(ImageFormat.PNG8, 95, Resize.parse("square:1024")),
    )
    loaded = torchxrayvision.datasets.NIH_Dataset(
        imgpath=str(folder / "images"),
        csvpath=str(folder / "Data_Entry.csv"),
        bbox_list_path=str(folder / "BBox_List.csv"),
        views=["PA", "AP", "LL"],
        unique_patients=False,
        pathology_masks=True,
    )
    assert len(loaded) == 5
    assert set(loaded.csv["patientid"]) == {
        line.split("_")[0]
        for name in ("train_val_list.txt", "test_list.txt")
        for line in (folder / name).read_text().splitlines()
    }
    pneumonia = loaded.labels[:, list(loaded.pathologies).index("Pneumonia")]
    assert (pneumonia == 1).sum() == 2
    masked = [number for number, has in enumerate(loaded.csv["has_masks"]) if has]
    assert len(masked) == 1
    sample = loaded[masked[0]]
    assert sample["img"].shape == (1, 1024, 1024)
    nodule = sample["pathology_masks"][list(loaded.pathologies).index("Nodule")]
    # A film of 32 x 24 in the middle of the square; the box is 8 x 6 at (4, 2).
    rows, columns = np.nonzero(nodule[0])
    assert (rows.min(), rows.max() + 1) == (496 + 2, 496 + 2 + 6)
    assert (columns.min(), columns.max() + 1) == (500 + 4, 500 + 4 + 8)


def test_nih_dataset_loads_what_is_published_by_default(
    own_sample: "Sample", key: bytes, tmp_path: Path, torchxrayvision: ModuleType
) -> None:
    own_sample.label("nih")
    folder = publish(
        own_sample.archive,
        tmp_path / "set",
        layout=LAYOUTS["chestxray14"](),
        engine=own_sample.engine,
        key=key,
    ).path
    loaded = torchxrayvision.datasets.NIH_Dataset(
        imgpath=str(folder / "images"),
        csvpath=str(folder / "Data_Entry.csv"),
        bbox_list_path=str(folder / "BBox_List.csv"),
        views=["PA", "AP", "LL"],
        unique_patients=False,
    )
    assert len(loaded) == 5
    assert loaded[0]["img"].shape == (1, 1024, 1024)


def test_pycocotools_reads_the_boxes(published: Published) -> None:
    coco_module = pytest.importorskip("pycocotools.coco")
    folder = published("coco")
    images = boxes = 0
    for split in ("train", "validate", "test"):
        coco = coco_module.COCO(str(folder / "annotations" / f"instances_{split}.json"))
        assert [each["name"] for each in coco.loadCats(coco.getCatIds())] == [
            "Cardiomegaly",
            "Nodule",
        ]
        for image in coco.loadImgs(coco.getImgIds()):
            path = folder / "images" / split / image["file_name"]
            assert decode_image(path).shape == (image["height"], image["width"])
            images += 1
        found = coco.loadAnns(coco.getAnnIds())
        if found:
            nodule = coco.getCatIds(["Nodule"])
            assert [each["bbox"] for each in found if each["category_id"] in nodule] == [
                [4.0, 2.0, 8.0, 6.0]
            ]
            assert sorted(each["area"] for each in found) == [48.0, 384.0]
        boxes += len(found)
    assert (images, boxes) == (5, 2)  # images without a box are there, too


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # webdataset leaves shards open
def test_webdataset_reads_the_shards(published: Published) -> None:
    wds = pytest.importorskip("webdataset")
    folder = published("webdataset", layout=WebDataset(shard_films=2))
    shards = sorted(path.name for path in folder.glob("*.tar"))
    found = []
    for split in ("train", "validate", "test"):
        paths = [str(folder / name) for name in shards if name.startswith(split)]
        if not paths:
            continue
        for sample in wds.WebDataset(paths, shardshuffle=False).decode("l8"):
            assert sample["jpg"].shape == (32, 24)
            assert sample["json"]["split"] == split
            assert sample["json"]["dicom_id"] == sample["__key__"]
            found.append(sample["json"])
    assert len(found) == 5
    assert sum(len(facts["boxes"]) for facts in found) == 2
    reported = [facts["labels"] for facts in found if facts["labels"] is not None]
    assert {"Cardiomegaly": 1, "Edema": -1, "Pneumonia": 1} in reported
    gc.collect()  # while the warning is ignored
