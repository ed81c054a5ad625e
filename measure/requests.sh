#!/usr/bin/env bash
# Requests of oslua and of the openstack command for the same steps, each on a built-in cloud of its own: ours as --trace
# shows them, the other's as the simulator's log does. Servers are built at once, so that waiting costs as little as it can.
#
#	measure/requests.sh OSLUA [WHAT]...      WHAT: boot 1-1 1-2 1-3 1-4 2-1; all when left out
#
# Without the openstack command its column stays empty. Its share takes some minutes, nearly all of it Python starting.
set -euo pipefail
cd "$(dirname "$0")/.."
oslua=$(command -v "${1:?which oslua?}")
shift
dir=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
server=

image=cirros-0.5.2-x86_64-disk
ubuntu=ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret
cirros=(--flavor m1.nano --image $image --network private)

# The steps of each lab by the openstack command, those of a learner who makes no mistake.
by_openstack() {
	local ip rule
	case $1 in
	boot)
		os server create "${cirros[@]}" --wait measure-boot
		ip=$(os floating ip create public -f value -c floating_ip_address)
		os server add floating ip measure-boot "$ip"
		rule=$(os security group rule create --protocol tcp --dst-port 22 default -f value -c id)
		os security group rule delete "$rule"
		os server remove floating ip measure-boot "$ip"
		os floating ip delete "$ip"
		os server delete --wait measure-boot
		;;
	1-1)
		os flavor list
		os image list
		os network list
		os server create "${cirros[@]}" cirros
		os server show cirros -c status
		os console log show --lines 10 cirros
		;;
	1-2)
		os image create --disk-format qcow2 --file "$dir/ubuntu.img" $ubuntu
		os server create --flavor m1.nano --image $ubuntu --network private ubuntu20
		os server show ubuntu20
		os server delete --wait ubuntu20
		os server create --flavor ds512M --image $ubuntu --network private --wait ubuntu20
		os console log show ubuntu20
		os console url show ubuntu20
		;;
	1-3)
		os server create "${cirros[@]}" --wait ubuntu20
		ip=$(os floating ip create public -f value -c floating_ip_address)
		os server add floating ip ubuntu20 "$ip"
		os security group rule create --protocol tcp --dst-port 22 default
		os server set --property lab1-3="$ip" ubuntu20
		os server remove floating ip ubuntu20 "$ip"
		os floating ip delete "$ip"
		;;
	1-4)
		os network create --no-share private_10.8.0.0
		os subnet create --network private_10.8.0.0 --subnet-range 10.8.0.0/24 --gateway 10.8.0.1 \
			--dns-nameserver 8.8.8.8 private_10.8.0.0-subnet
		os router create router_10.8.0.0
		os router add subnet router_10.8.0.0 private_10.8.0.0-subnet
		os router set --external-gateway public router_10.8.0.0
		os router show router_10.8.0.0
		printf '#!/bin/sh\nping -c 3 172.24.4.1\n' >"$dir/ping.sh"
		os server create --flavor m1.nano --image $image --network private_10.8.0.0 --user-data "$dir/ping.sh" --wait inside
		os console log show inside
		;;
	2-1) os server list ;;
	esac
}

os() { openstack "$@" 2>>"$dir/errors" || tail -3 "$dir/errors" >&2; }

# Counts the first run and the second one. The quiz is not answered.
by_oslua() {
	local run=(lab run "$1")
	if [ "$1" = boot ]; then run=(measure/boot.lua); fi
	"$oslua" --quiet simulator reset --yes >/dev/null
	for _ in first second; do
		"$oslua" --quiet --trace "${run[@]}" 2>&1 >/dev/null | grep -cE '^(auth|look-up|work|wait) ' || true
	done | xargs
}

count() {
	local log=$dir/log
	"$oslua" simulator serve --memory --listen 127.0.0.1:0 --build-time 0s --verbose >"$dir/ready" 2>"$log" &
	server=$!
	until grep -q OS_IDENTITY_API_VERSION "$dir/ready"; do sleep 0.05; done
	eval "$(grep ^export "$dir/ready")"
	by_openstack "$1" >/dev/null
	kill "$server"
	wait "$server" 2>/dev/null || true
	wc -l <"$log"
}

# A small file that says it has the virtual size of the real image.
export HOME=$dir XDG_STATE_HOME=$dir/state
"$oslua" --quiet -e "local q = 'QFI\\251\\0\\0\\0\\2' .. ('\\0'):rep(12) .. '\\0\\0\\0\\16' .. '\\0\\0\\0\\0\\140\\192\\0\\0' .. ('\\0'):rep(992)
	local f = assert(io.open('$dir/ubuntu.img', 'wb')) f:write(q) f:close()"

printf '%-6s %12s %12s %20s\n' what 'first run' 'second run' 'openstack command'
[ $# -gt 0 ] || set -- boot 1-1 1-2 1-3 1-4 2-1
for what; do
	read -r first second <<<"$(by_oslua "$what")"
	other=
	if command -v openstack >/dev/null; then other=$(count "$what"); fi
	printf '%-6s %12s %12s %20s\n' "$what" "$first" "$second" "$other"
done
