"""Write the month's table of protection, connection and monitoring of each office.

- ``table``: what is counted; ``document``: the letter and the workbook.
"""
