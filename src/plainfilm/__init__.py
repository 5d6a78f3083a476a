"""plainfilm: a PACS's plain radiographs in, an organised, de-identified, labelled archive out."""

__all__ = ["__version__"]

__version__ = "0.1.0"
