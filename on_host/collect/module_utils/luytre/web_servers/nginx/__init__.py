"""Describe nginx: its servers, listens, TLS, and its own test."""
