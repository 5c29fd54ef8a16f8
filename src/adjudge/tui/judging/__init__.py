"""Screens of judgments: compare, rank, rate."""
