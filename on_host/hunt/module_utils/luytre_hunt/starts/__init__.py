"""What starts by itself, deeper: what that runs in turn, what is loaded, what git and packages run."""
