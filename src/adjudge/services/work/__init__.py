"""What a person does at the terminal: claim, judge, rewrite, review, flag, reopen."""
