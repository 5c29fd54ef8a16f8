"""Who works here: roles, standing, qualification, messages, statements."""
