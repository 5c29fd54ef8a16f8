"""Statistics: counts and index arrays in, numbers out; no domain objects, no I/O."""
