"""Define the office's exceptions: who says that something is all right, why, where and until when.

- ``record``: what all exceptions have in common.
- ``papers``: those in files of the office folder: waivers, attestations, authorizations, VEX statements.
"""
