#!/usr/bin/env bash
# A network of one's own that leads outside, a server on it, and a floating IP with SSH let in, by the openstack command:
#
#	openstack.sh apply|again|destroy
set -euo pipefail
case ${1:-} in
apply)
	openstack network create reach -f value -c id
	openstack subnet create reach --network reach --subnet-range 10.21.0.0/24 -f value -c id
	openstack router create reach -f value -c id
	openstack router set reach --external-gateway public
	openstack router add subnet reach reach
	openstack security group create reach -f value -c id
	openstack security group rule create reach --protocol tcp --dst-port 22 -f value -c id
	openstack server create reach --image cirros-0.5.2-x86_64-disk --flavor m1.nano --network reach --security-group reach \
		--wait -f value -c id
	address=$(openstack floating ip create public -f value -c floating_ip_address)
	openstack server add floating ip reach "$address"
	;;
again)
	for kind in network subnet router 'security group' server; do
		openstack $kind show reach -f value -c id
	done
	[ -n "$(openstack floating ip list --port "$(openstack port list --server reach -f value -c ID)" -f value -c ID)" ]
	;;
destroy)
	address=$(openstack floating ip list --port "$(openstack port list --server reach -f value -c ID)" -f value -c ID)
	openstack floating ip delete "$address"
	openstack server delete --wait reach
	openstack security group delete reach
	openstack router remove subnet reach reach
	openstack router delete reach
	openstack network delete reach
	;;
*)
	echo "usage: openstack.sh apply|again|destroy" >&2
	exit 2
	;;
esac
