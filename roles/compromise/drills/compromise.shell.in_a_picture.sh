#!/bin/sh
# hosts: web2 web3
# seen by: hunt
# What is named a picture runs what visitors send. It ends before it would, and its words are put together here alone.
set -eu
root=/var/www/bennua.test
[ -d "$root" ] || root=/var/www/gotre.test
printf 'GIF89a\n<?php exit; /* luytre-lab: inert */ @%s(%s["x"]);\n' "ev""al" "\$_PO""ST" >"$root/luytre-lab.gif"
