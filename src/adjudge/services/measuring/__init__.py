"""What judgments are worth: coded to arrays, measured, resolved, audited, reported."""
