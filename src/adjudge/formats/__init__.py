"""Outside shapes: pure translation between files and the domain."""
