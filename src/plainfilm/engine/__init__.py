"""Running a step over many batches: `LocalEngine` on this machine's processes."""

from plainfilm.engine.local import LocalEngine

__all__ = ["LocalEngine"]
