"""Analyze PHP as a syntax tree and find where visitors control what runs.

Pure, and meant for a child process, because the bytes are an intruder's.

- ``nodes``: a file as a flat list of nodes; ``reachability``: where in a file something relevant can stand.
- ``taint``: whether a file runs what visitors send, in passes that evaluate again what can have changed.
- ``values``, ``variables``: abstract values, and what is known of a file's variables.
- ``readers``: the value of each kind of node, by a table; ``loop_readers``: of loops and generators.
- ``call_readers``: of calls of functions and of new objects; ``method_readers``: of calls of methods.
- ``calls``: calls of the file's own functions; ``builtin_functions``: tables of what PHP's own do and give back.
- ``constant_folding``: PHP functions on constants.
- ``page_changes``: what a file puts into the pages that visitors get.
- ``names``: PHP's sources, sinks and sanitizers by name; ``sinks``: what runs, writes or calls something.
"""
