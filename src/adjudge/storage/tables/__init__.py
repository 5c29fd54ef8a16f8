"""SQLModel definitions, one module a family."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from sqlmodel import SQLModel

if TYPE_CHECKING:
    from sqlalchemy import MetaData


def whole_schema() -> MetaData:
    """Give every table, also of the families that nobody has imported yet.

    Returns:
        The metadata that all the modules of this package register with.
    """
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return SQLModel.metadata
