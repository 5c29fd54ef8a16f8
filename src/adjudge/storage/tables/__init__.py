"""SQLModel definitions, one module a family."""
