"""What runs: by which name, and what the kernel was told to show or run in its place."""
