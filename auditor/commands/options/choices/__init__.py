"""List what the shell offers for a value, each with what is said of it; loaded when it is asked for."""
