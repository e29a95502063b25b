"""Soak of random pairs of what people, the program and the world do to a host; see ``__main__``."""
