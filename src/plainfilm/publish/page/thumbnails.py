"""Thumbnails for a page that is shown around: of de-identified copies only."""

import base64
from pathlib import Path
from typing import Final

from plainfilm.dicom import encode_jpeg, read_dataset, render_display
from plainfilm.errors import InputError
from plainfilm.pages import Content, Markup, element
from plainfilm.publish.page.intake import reason_text

__all__ = ["LONGEST_SIDE", "figure", "placeholder"]

LONGEST_SIDE: Final = 220
_QUALITY: Final = 82


def figure(clean: Path, description: str, caption: Content) -> Markup:
    """A film's thumbnail, as a data URI.

    A copy that cannot be shown, or that does not say of itself that the patient's identity was
    removed, becomes a placeholder that says so.

    Args:
        clean: a de-identified DICOM file.
        description: the image's alternative text.
    """
    try:
        dataset = read_dataset(clean)
        if dataset.get("PatientIdentityRemoved") != "YES":
            return placeholder("withheld: not marked as de-identified", caption)
        image = encode_jpeg(render_display(dataset, longest_side=LONGEST_SIDE), quality=_QUALITY)
    except InputError as error:
        why = reason_text(error.reason) if error.reason else "the copy cannot be shown"
        return placeholder(why, caption)
    source = "data:image/jpeg;base64," + base64.b64encode(image).decode("ascii")
    shown = element("img", src=source, alt=description, loading="lazy")
    return element("figure", element("div", shown, class_="plate"), element("figcaption", caption))


def placeholder(why: str, caption: Content) -> Markup:
    """What stands where a film may not or cannot be shown, and why."""
    plate = element("div", element("span", why), class_="plate withheld")
    return element("figure", plate, element("figcaption", caption))
