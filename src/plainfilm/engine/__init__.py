"""Running a step over many batches: `LocalEngine` on this machine's processes."""

from plainfilm.engine.local import LocalEngine, import_ahead

__all__ = ["LocalEngine", "import_ahead"]
