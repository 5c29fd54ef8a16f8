"""Frozen values of the trade and the rules on them. No I/O, no arrays."""
