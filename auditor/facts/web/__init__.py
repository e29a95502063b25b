"""The web stack, from server to site."""
