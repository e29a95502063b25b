#!/bin/sh
# hosts: web2 web3
# The folder is sticky, so that nobody can replace the program: they write into it instead.
set -eu
mkdir -p -m 1777 /opt/luytre-drill
chmod 1777 /opt/luytre-drill
printf '#!/bin/sh\n' > /opt/luytre-drill/don-dep.sh
chmod 757 /opt/luytre-drill/don-dep.sh
