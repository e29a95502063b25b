"""Read evidence from a host and write nothing. Python 3.9, standard library only.

- ``volatile``, ``non_volatile``: what disappears first, and what stays (RFC 3227).
- ``places``: what of a host is read; ``body_file``: every name with its times; ``quiet_reading``: no time of access.
- ``frames``: what was read, as frames on a stream; ``text_escape``: names that stay on one line.

Text loses its secrets by ``auditor/text/redact.py``, which is sent along (decision 49).
"""
