"""Write the yearly table of information systems, form 08 of Decree 331/2026/NĐ-CP.

- ``table``: what is counted; ``document``: the letter and the workbook.
"""
