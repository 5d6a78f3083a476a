"""Findings as a structured report: TID 1500, as a Comprehensive SR."""

from collections.abc import Iterator
from typing import Final, TypeAlias, TypeVar

import numpy as np
from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    GraphicTypeValues,
    ImageRegion,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    SourceImageForRegion,
    TextContentItem,
    TrackingIdentifier,
)

from plainfilm.dicom import Dataset
from plainfilm.dicom_results import codes
from plainfilm.dicom_results.identity import Identity, derived_uid, model_names
from plainfilm.dicom_results.reading import Finding, Model, Point, Reading
from plainfilm.dicom_results.source import SourceFilm, described, finished, make_object
from plainfilm.models import NOTICE
from plainfilm.records import Box

__all__ = ["structured_report"]

AnyImage = TypeVar("AnyImage", SourceImageForMeasurementGroup, SourceImageForRegion)

_DECIMALS: Final = 2  # of a percentage; more would claim what no model knows

Group: TypeAlias = (
    MeasurementsAndQualitativeEvaluations | PlanarROIMeasurementsAndQualitativeEvaluations
)


def structured_report(film: SourceFilm, reading: Reading, identity: Identity) -> Dataset:
    """A measurement report of what models say of a film.

    A finding that is present is a measurement group (TID 1501) with its certainty; each box and
    point is a group of its own (TID 1410) with its region and score. Every group names the model
    that it is from. Findings that are not, and those without a threshold, are no groups, since who
    searches for coded findings would take them for present: they stand with their probabilities in
    a comment. A film of which nothing is reported has one group that says so.

    The report is preliminary and unverified, and says what it is not for.

    Raises:
        InputError: the film's tags do not allow it.
    Source: DICOM PS3.16 TID 1500, 1501, 1410, 1419, 4019; PS3.3 A.35.3.
    """
    with make_object("structured report"):
        groups = list(_groups(film, reading)) or [_nothing_found(film, reading)]
        content = MeasurementReport(
            observation_context=_observer(reading),
            procedure_reported=codes.RADIOGRAPHY,
            imaging_measurements=groups,
        )
        content[0].ContentSequence.extend(_comment(text) for text in _comments(reading))
        made = ComprehensiveSR(
            evidence=[film.reference],
            content=content[0],
            is_complete=True,
            is_final=False,
            **described(reading, identity),
        )
        return finished(made, film, reading.moment)


def _groups(film: SourceFilm, reading: Reading) -> Iterator[Group]:
    for found in reading.present:
        yield MeasurementsAndQualitativeEvaluations(
            tracking_identifier=_tracking(film, reading, found.label, "film"),
            finding_category=codes.ABNORMAL_STRUCTURE,
            finding_type=codes.finding_concept(found.label),
            finding_sites=_sites(found.label),
            algorithm_id=_algorithm(found.model),
            measurements=[_certainty(found.probability)],
            source_images=[_image(SourceImageForMeasurementGroup, film)],
        )
    if reading.locator is None:
        return
    for number, place in enumerate(reading.places, start=1):
        yield PlanarROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=_tracking(film, reading, place.label, f"place {number}"),
            referenced_region=_region(place, film),
            finding_category=codes.ABNORMAL_STRUCTURE,
            finding_type=codes.finding_concept(place.label),
            finding_sites=_sites(place.label),
            algorithm_id=_algorithm(reading.locator),
            measurements=[_certainty(place.score)],
        )


def _nothing_found(film: SourceFilm, reading: Reading) -> Group:
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(film, reading, "nothing", "film"),
        algorithm_id=_algorithm(reading.models[0]),
        qualitative_evaluations=[QualitativeEvaluation(codes.SUMMARY, codes.NOTHING_FOUND)],
        source_images=[_image(SourceImageForMeasurementGroup, film)],
    )


def _comments(reading: Reading) -> Iterator[str]:
    yield NOTICE
    reported = {found.label for found in reading.present}
    below = [found for found in reading.findings if found.present is False]
    without = [found for found in reading.findings if found.present is None]
    if below:
        yield f"Below what is called present: {_listed(below)}."
    if without:
        yield f"Without a threshold: {_listed(without)}."
    if reading.joined is not None:
        yield f"Abnormal, by classifier and detector joined: {reading.joined:.1%}."
    only_marked = [label for label in reading.marked if label not in reported]
    if only_marked and reading.findings:
        yield f"Marked, though not reported of the film as a whole: {', '.join(only_marked)}."


def _listed(findings: list[Finding]) -> str:
    ordered = sorted(findings, key=lambda found: (-found.probability, found.label))
    return ", ".join(f"{found.label} {found.probability:.1%}" for found in ordered)


def _comment(text: str) -> TextContentItem:
    return TextContentItem(codes.COMMENT, text, RelationshipTypeValues.CONTAINS)


def _observer(reading: Reading) -> ObservationContext:
    device = DeviceObserverIdentifyingAttributes(
        uid=derived_uid("device", *model_names(reading)),
        name="plainfilm",
        manufacturer_name="plainfilm",
        model_name=", ".join(model_names(reading)),
    )
    return ObservationContext(observer_device_context=ObserverContext(codes.DEVICE, device))


def _tracking(film: SourceFilm, reading: Reading, label: str, which: str) -> TrackingIdentifier:
    models = model_names(reading)
    uid = derived_uid("tracking", film.uid, reading.task, *models, label, which)
    return TrackingIdentifier(uid=uid, identifier=f"{reading.task}: {label}, {which}")


def _algorithm(model: Model) -> AlgorithmIdentification:
    return AlgorithmIdentification(
        name=model.name, version=model.version, family=codes.ARTIFICIAL_INTELLIGENCE
    )


def _certainty(probability: float) -> Measurement:
    return Measurement(codes.CERTAINTY, round(100 * probability, _DECIMALS), codes.PERCENT)


def _sites(label: str) -> list[FindingSite] | None:
    site: CodedConcept | None = codes.site_concept(label)
    return None if site is None else [FindingSite(site)]


def _region(place: Box | Point, film: SourceFilm) -> ImageRegion:
    source = _image(SourceImageForRegion, film)
    if isinstance(place, Point):
        return ImageRegion(GraphicTypeValues.POINT, np.array([[place.x, place.y]]), source)
    corners = [
        (place.xmin, place.ymin),
        (place.xmax, place.ymin),
        (place.xmax, place.ymax),
        (place.xmin, place.ymax),
        (place.xmin, place.ymin),
    ]
    return ImageRegion(GraphicTypeValues.POLYLINE, np.array(corners), source)


def _image(kind: type[AnyImage], film: SourceFilm) -> AnyImage:
    return kind(str(film.reference.SOPClassUID), film.uid)
