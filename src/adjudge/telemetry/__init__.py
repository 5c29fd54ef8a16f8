"""What may be known outside: covering what is private, events for observability."""
