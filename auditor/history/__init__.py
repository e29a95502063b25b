"""Kept runs, chained; what of them stays."""
