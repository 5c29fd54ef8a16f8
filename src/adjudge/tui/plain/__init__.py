"""The workbench line by line, for screen readers and pipes."""
