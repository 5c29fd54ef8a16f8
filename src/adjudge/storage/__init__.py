"""Domain values in tables: SQLModel definitions, hand-written statements, one store."""
