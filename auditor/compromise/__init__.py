"""What an intruder leaves on a host, found and told.

What is known good, and code that is judged where nothing explains it.
"""
