"""DICOMDIR: the index of a DICOM medium (PS3.10, PS3.3 F)."""

from pathlib import Path

from plainfilm.dicom.header import read_header

__all__ = ["listed_files"]


def listed_files(dicomdir: Path) -> list[tuple[str, ...]]:
    """The files that a DICOMDIR lists, each as the parts of its path below the DICOMDIR's folder.

    Raises:
        UnreadableDicom: the file cannot be read as DICOM.
    Source: DICOM PS3.3 F.3.2.2, Referenced File ID (0004,1500).
    """
    records = read_header(dicomdir).tags.get("DirectoryRecordSequence")
    found: list[tuple[str, ...]] = []
    for record in records if isinstance(records, list) else []:
        file_id = record.get("ReferencedFileID") if isinstance(record, dict) else None
        if isinstance(file_id, str):
            found.append((file_id,))
        elif isinstance(file_id, list):
            found.append(tuple(str(part) for part in file_id))
    return found
