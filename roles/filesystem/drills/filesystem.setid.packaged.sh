#!/bin/sh
# hosts: web1 web2
# A program of the system itself, which no package installs with such rights.
set -eu
chmod u+s /usr/bin/env
