"""Parse one document from hostile bytes: text, links, hidden elements, scripts.

- ``charset``: bytes as text; ``extract``: text, links and hidden parts of an HTML document.
- ``metadata``: what a document declares to search engines; ``segments``: blocks and landmarks, for a second look.
- ``hidden_elements``: elements that people do not see.
- ``css_rules``, ``css_values``, ``css_visibility``: selectors that hide, computed style, and what style hides.
- ``scripts``, ``events``: what scripts decode, write and open, and what elements do without a click.
- ``script_constants``, ``script_ciphers``: texts that scripts put together, or disguise.
- ``script_acts``: what scripts do besides.
- ``documents``: text and addresses of PDF and DOCX files.
"""
