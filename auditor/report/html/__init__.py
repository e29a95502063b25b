"""The report that a browser shows."""
