"""Analyze PHP as a syntax tree and find where visitors control what runs.

Pure, and meant for a child process, because the bytes are an intruder's.

- ``nodes``: a file as a flat list of nodes; ``reachability``: where in a file something relevant can stand.
- ``taint``: whether a file runs what visitors send; ``fixpoint``: which nodes each pass has to evaluate again.
- ``values``, ``variables``: abstract values, and what is known of a file's variables.
- ``readers``, ``call_readers``, ``loop_readers``: the value of each kind of node, of calls, of loops and generators.
- ``calls``: calls of PHP's and the file's own functions; ``constant_folding``: PHP functions on constants.
- ``names``: PHP's sources, sinks and sanitizers by name; ``sinks``: what runs, writes or calls something.
"""
