"""Lists of servers and sites as offices keep them, in spreadsheets: read, checked, and written into the inventory whole."""
