"""What is done about each kind of trace, and what is the next step of an incident: ``table`` holds a response for every
kind.
"""
