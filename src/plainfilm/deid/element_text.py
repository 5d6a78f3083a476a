"""The values of an element as text."""

from plainfilm.dicom import DataElement

__all__ = ["texts_of"]


def texts_of(element: DataElement) -> list[str]:
    """One string for each value; none for an empty element and for bytes.

    Goes by the element's multiplicity: a person's name is one value, though it can be iterated.
    """
    value = element.value
    if value is None or isinstance(value, bytes):
        return []
    return [str(item) for item in value] if element.VM > 1 else [str(value)]
