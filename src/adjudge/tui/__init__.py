"""The workbench at the terminal."""

from adjudge.tui.in_place import count_signs

count_signs()  # here, so that whatever draws measures alike
