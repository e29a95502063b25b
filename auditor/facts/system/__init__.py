"""The host below its sites."""
