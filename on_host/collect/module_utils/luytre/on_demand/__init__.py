"""Collect areas that no audit reads: for roles, reviews, advisories and indicators."""
