"""Rules over a file's bytes: our own, and folders of others'."""
