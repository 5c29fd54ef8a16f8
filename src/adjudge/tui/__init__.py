"""The workbench at the terminal."""
