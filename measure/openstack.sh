#!/usr/bin/env bash
# The five plain calls by the openstack command.
set -euo pipefail
openstack network create private_10.8.0.0 --no-share -f value -c id
openstack subnet create private_10.8.0.0-subnet --network private_10.8.0.0 --subnet-range 10.8.0.0/24 \
  --gateway 10.8.0.1 --dns-nameserver 8.8.8.8 -f value -c id
openstack router create router_10.8.0.0 -f value -c id
openstack router add subnet router_10.8.0.0 private_10.8.0.0-subnet
openstack router set router_10.8.0.0 --external-gateway public
