"""Screens of rewrites: writing one, reviewing one."""
