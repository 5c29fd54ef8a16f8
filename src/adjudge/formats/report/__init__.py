"""A report as one HTML page that needs nothing else, on screen and on paper."""

from adjudge.formats.report.page import page

__all__ = ["page"]
