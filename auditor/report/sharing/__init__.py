"""Write the month's table of protection, connection and monitoring of each office.

- ``table``: what is counted; ``document``: the table as a letter; ``issue``: the files, all or none.
"""
