"""Write the yearly table of information systems, form 08 of Decree 331/2026/NĐ-CP.

- ``table``: what is counted; ``document``: the official document; ``issue``: the files, all or none.
"""
