"""Datasets out: what leaves, what stays, and why."""

from adjudge.services.exporting.deeds import export, export_file, preview
from adjudge.services.exporting.options import (
    CONFIGS,
    FORMATS,
    Exported,
    ExportOptions,
    splits,
)

__all__ = [
    "CONFIGS",
    "FORMATS",
    "ExportOptions",
    "Exported",
    "export",
    "export_file",
    "preview",
    "splits",
]
