"""What a lead sets up: guidelines, queues, gold, the campaign file, the forecast."""
