"""Read what others publish and a person carries in: bounded, whatever it says of itself.

- ``decompression``: the bytes of a file, plain, gzip, zlib or zip; ``document``: one document of it.
- ``json_stream``: JSON as a stream; ``days``: days as others write them.
"""
