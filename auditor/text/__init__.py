"""Translate text, and make foreign text safe to show.

- ``translations``, ``language``: the gettext catalogues in ``auditor/locale``, and which language to use.
- ``usage``: help and complaints of the command line; ``dates``: dates and moments by Vietnam's clock.
- ``sanitize``, ``defang``: foreign text and addresses made harmless; ``paths``: paths of any bytes as text.
- ``redact``, ``secret_spans``, ``secret_blocks``, ``secret_names``: text without its secrets.
- ``line_diff``, ``multi_search``: differences between two texts, and many texts found at once.
- ``json_shape``: whether JSON is small enough to decode; ``rules``: names of rules in words.
"""
