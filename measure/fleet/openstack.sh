#!/usr/bin/env bash
# 20 networks with subnets on one router, and 10 servers, by the openstack command, eight at a time:
#
#	openstack.sh apply|again|destroy
set -euo pipefail
each() { seq -f '%02g' "$1" | xargs -P 8 -I{} bash -euo pipefail -c "$2"; }

case ${1:-} in
apply)
	openstack router create fleet --external-gateway public -f value -c id >/dev/null
	each 20 'openstack network create fleet-{} -f value -c id >/dev/null
		openstack subnet create fleet-{} --network fleet-{} --subnet-range 10.20.$((10#{})).0/24 -f value -c id >/dev/null
		openstack router add subnet fleet fleet-{}'
	each 10 'openstack server create fleet-{} --image cirros-0.5.2-x86_64-disk --flavor m1.nano --network fleet-{} --wait -f value -c id >/dev/null'
	;;
again)
	# It has no ensure: the least is to look whether all are there.
	openstack router show fleet -f value -c id >/dev/null
	[ "$(openstack network list -f value -c Name | grep -c '^fleet-')" = 20 ]
	[ "$(openstack subnet list -f value -c Name | grep -c '^fleet-')" = 20 ]
	[ "$(openstack server list -f value -c Name | grep -c '^fleet-')" = 10 ]
	;;
destroy)
	seq -f 'fleet-%02g' 10 | xargs openstack server delete --wait
	each 20 'openstack router remove subnet fleet fleet-{}'
	openstack router delete fleet
	seq -f 'fleet-%02g' 20 | xargs openstack network delete
	;;
*)
	echo "usage: openstack.sh apply|again|destroy" >&2
	exit 2
	;;
esac
