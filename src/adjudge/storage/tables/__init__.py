"""SQLModel definitions, one module a family."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from sqlalchemy import MetaData
from sqlmodel import SQLModel


def whole_schema() -> MetaData:
    """Give every table, also of the families that nobody has imported yet.

    Returns:
        The metadata that all the modules of this package register with.
    """
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return SQLModel.metadata
