"""plainfilm: a PACS's plain radiographs in, an organised, de-identified, labelled archive out."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("plainfilm")
