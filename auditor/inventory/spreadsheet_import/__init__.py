"""Lists of servers and sites as offices keep them, in spreadsheets.

Read, checked, and written into the inventory whole.
"""
