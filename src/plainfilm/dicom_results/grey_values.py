"""How a presentation state shows stored values: as `render_display` shows them."""

from typing import Any, Final, Literal

import numpy as np
from highdicom import (
    VOILUT,
    ModalityLUTTransformation,
    PresentationLUTShapeValues,
    PresentationLUTTransformation,
    RescaleTypeValues,
)
from highdicom.pr import SoftcopyVOILUTTransformation
from numpy.typing import NDArray

from plainfilm.dicom import (
    Dataset,
    apply_modality_lut,
    apply_voi_lut,
    apply_voi_window,
    decode_film,
    is_inverted,
    modality_lut,
    range_window,
    voi_lut,
    voi_window,
)

__all__ = ["grey_values"]

_BRIGHTEST: Final = (1 << 16) - 1


def grey_values(dataset: Dataset) -> dict[str, Any]:
    """The transformations that a grayscale presentation state of highdicom's takes.

    A film's MONOCHROME1 does not count under a presentation state, so it becomes an inverse
    presentation LUT.

    Raises:
        UnsupportedPixels: the film's tables contradict themselves, or it cannot be decoded.
    Source: DICOM PS3.3 C.11.1, C.11.8, C.11.6.1.2.
    """
    shape = (
        PresentationLUTShapeValues.INVERSE
        if is_inverted(dataset)
        else PresentationLUTShapeValues.IDENTITY
    )
    shown: dict[str, Any] = {
        "presentation_lut_transformation": PresentationLUTTransformation(shape)
    }
    if modality_lut(dataset) is not None:
        shown["voi_lut_transformations"] = [_both(dataset)]
        return shown
    at_0, at_1 = apply_modality_lut(np.array([0, 1]), dataset).tolist()
    if (at_0, at_1) != (0, 1):
        rescaled = ModalityLUTTransformation(at_0, at_1 - at_0, RescaleTypeValues.US)
        shown["modality_lut_transformation"] = rescaled
    if (voi := _voi(dataset)) is not None:
        shown["voi_lut_transformations"] = [voi]
    return shown


def _both(dataset: Dataset) -> SoftcopyVOILUTTransformation:
    """Modality LUT and whatever comes after it as one table over stored values: of tables with 9
    to 15 bits, which films have, a presentation state's modality LUT knows none (PS3.3 C.11.1.1.1).
    """
    film = decode_film(dataset)
    least = -(1 << (film.bits_stored - 1)) if film.signed else 0
    modality = apply_modality_lut(least + np.arange(1 << film.bits_stored), dataset)
    lut, window = voi_lut(dataset), voi_window(dataset) or _covering(dataset)
    if lut is not None:
        shown = apply_voi_lut(modality, lut)
    elif window is not None:
        shown = apply_voi_window(modality, *window)
    else:
        shown = np.zeros_like(modality)
    return SoftcopyVOILUTTransformation(voi_luts=[_table(least, shown)])


def _voi(dataset: Dataset) -> SoftcopyVOILUTTransformation | None:
    """The film's own table, else its window, else the range of its pixels.

    A table from below 0 on, which highdicom does not write, is passed over.
    """
    lut = voi_lut(dataset)
    if lut is not None and lut.first >= 0:
        inputs = lut.first + np.arange(len(lut.entries))
        return SoftcopyVOILUTTransformation(
            voi_luts=[_table(lut.first, apply_voi_lut(inputs, lut))]
        )
    window = voi_window(dataset) or _covering(dataset)
    if window is None:
        return None
    return SoftcopyVOILUTTransformation(*window[:2], voi_lut_function=window[2])


def _covering(dataset: Dataset) -> tuple[float, float, Literal["LINEAR_EXACT"]] | None:
    found = range_window(decode_film(dataset), dataset)
    return None if found is None else (*found, "LINEAR_EXACT")


def _table(first: int, shown: NDArray[np.float32]) -> VOILUT:
    """A table with the greatest range: its bits say how bright its entries are."""
    return VOILUT(first, np.rint(shown * _BRIGHTEST).astype(np.uint16))
