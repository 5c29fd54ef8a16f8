"""adjudge: the workbench where people judge what language models say."""

__version__ = "0.1.0"
