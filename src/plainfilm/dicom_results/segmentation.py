"""Heat maps as a segmentation: a frame for each finding, as large as the film."""

from typing import Final, TypeAlias

import cv2
import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import (
    SegmentAlgorithmTypeValues,
    Segmentation,
    SegmentationFractionalTypeValues,
    SegmentationTypeValues,
    SegmentDescription,
)
from numpy.typing import NDArray

from plainfilm.dicom import Dataset
from plainfilm.dicom_results import codes
from plainfilm.dicom_results.identity import Identity, derived_uid
from plainfilm.dicom_results.reading import Model, Reading
from plainfilm.dicom_results.source import SourceFilm, described, finished, make_object
from plainfilm.models import NOTICE

__all__ = ["segmentation"]

_WHITE: Final = 255

_Masks: TypeAlias = tuple[list[str], NDArray[np.float32] | NDArray[np.uint8]]
"""Labels, and (rows, columns, labels)."""


def segmentation(film: SourceFilm, reading: Reading, identity: Identity) -> Dataset | None:
    """A segmentation with a segment for each heat map, else for the boxes of each label.

    Heat maps become a FRACTIONAL segmentation, enlarged to the film's size; 255 is what counted
    most for the finding. The Standard knows fractions as probability or occupancy only, so it says
    PROBABILITY, and each segment's description that they are none. Boxes become a BINARY one.

    Returns:
        None where there is neither.
    Raises:
        InputError: the film's tags do not allow it.
    Source: DICOM PS3.3 A.51, C.8.20.
    """
    if reading.locator is None:
        return None
    is_heat = bool(reading.heat_maps)
    labels, pixels = _heat(film, reading) if is_heat else _boxed(film, reading)
    if not labels:
        return None
    says = "Class activation, not a probability." if is_heat else "Inside of boxes."
    with make_object("segmentation"):
        made = Segmentation(
            source_images=[film.reference],
            pixel_array=pixels[None],
            segmentation_type=(
                SegmentationTypeValues.FRACTIONAL if is_heat else SegmentationTypeValues.BINARY
            ),
            fractional_type=SegmentationFractionalTypeValues.PROBABILITY,
            max_fractional_value=_WHITE,
            segment_descriptions=[
                _segment(number, label, says, film, reading, reading.locator)
                for number, label in enumerate(labels, start=1)
            ],
            content_label="FINDINGS",
            content_description=NOTICE,
            omit_empty_frames=False,
            **described(reading, identity),
        )
        made.PatientOrientation = ""  # type 2C: the film's own may be wrong
        _name_dimensions(made, derived_uid("dimensions", identity.sop_uid))
        return finished(made, film, reading.moment)


def _heat(film: SourceFilm, reading: Reading) -> _Masks:
    pixels = np.empty((film.rows, film.columns, len(reading.heat_maps)), np.float32)
    for place, heat in enumerate(reading.heat_maps):
        values = heat.values.astype(np.float32)
        # Enlarging overshoots 1 by what floats cannot hold.
        enlarged = cv2.resize(values, (film.columns, film.rows), interpolation=cv2.INTER_LINEAR)
        np.clip(enlarged, 0, 1, out=pixels[..., place])
    return [heat.label for heat in reading.heat_maps], pixels


def _boxed(film: SourceFilm, reading: Reading) -> _Masks:
    labels = list(dict.fromkeys(box.label for box in reading.boxes))
    pixels = np.zeros((film.rows, film.columns, len(labels)), np.uint8)
    for box in reading.boxes:
        # Every pixel that the box touches, so that no box is too small to be seen.
        down = slice(int(np.floor(box.ymin)), int(np.ceil(box.ymax)))
        across = slice(int(np.floor(box.xmin)), int(np.ceil(box.xmax)))
        pixels[down, across, labels.index(box.label)] = 1
    return labels, pixels


def _segment(
    number: int, label: str, says: str, film: SourceFilm, reading: Reading, model: Model
) -> SegmentDescription:
    site = codes.site_concept(label)
    described_segment = SegmentDescription(
        segment_number=number,
        segment_label=label[:64],
        segmented_property_category=codes.ABNORMAL_STRUCTURE,
        segmented_property_type=codes.finding_concept(label),
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence(
            name=model.name, family=codes.ARTIFICIAL_INTELLIGENCE, version=model.version
        ),
        tracking_uid=derived_uid("segment", film.uid, reading.task, model.name, label),
        tracking_id=f"{reading.task}: {label}",
        anatomic_regions=None if site is None else [site],
    )
    described_segment.SegmentDescription = f"{says} {NOTICE}"
    return described_segment


def _name_dimensions(made: Dataset, uid: str) -> None:
    """Give the frames' order a UID that is the same when the object is made again."""
    for item in (*made.DimensionOrganizationSequence, *made.DimensionIndexSequence):
        item.DimensionOrganizationUID = uid
