"""A lead's screens: the dashboard, and a decision after one's own call."""
