"""The states of a slot, as the table keeps them."""

OPEN, LEASED, DONE = 0, 1, 2
