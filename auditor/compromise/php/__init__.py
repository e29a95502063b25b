"""PHP read as a syntax tree, and where in it others say what is run.

Pure; for a child, because the bytes are an intruder's.
"""
