"""The report page: one self-contained HTML file that shows what happened to an archive."""

from plainfilm.publish.page.page import write_report_page

__all__ = ["write_report_page"]
