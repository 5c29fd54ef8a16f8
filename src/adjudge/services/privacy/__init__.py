"""What is covered, who may look, and consent taken back."""
