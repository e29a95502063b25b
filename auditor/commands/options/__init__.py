"""What a person gave on the command line."""
