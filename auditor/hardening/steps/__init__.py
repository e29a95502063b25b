"""One batch of a hardening, a step a module."""
