#!/bin/sh
# hosts: web3
# Every source is signed, but apt is told to install what is not.
set -eu
printf 'APT { Get { AllowUnauthenticated "true"; }; };\n' > /etc/apt/apt.conf.d/98tien-cho-nhanh
