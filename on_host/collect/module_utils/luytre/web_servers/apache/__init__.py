"""Describe Apache: the server, its virtual hosts, TLS, and its own test."""
