"""Learning from texts: scikit-learn lives here only, and is imported late."""
