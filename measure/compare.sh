#!/usr/bin/env bash
# Times one piece of work by oslua, by Terraform, by the openstack command and by a plain Go program (the limit): apply,
# again with nothing to do, destroy; in turn, on the cloud of OS_*:
#
#	measure/compare.sh fleet|reach [ROUNDS]
#
# fleet is 20 networks with subnets on one router and 10 servers, all at a width of eight; reach is a network, a server
# and a floating IP. Without OS_AUTH_URL it starts a simulator, and counts the requests that it was asked. OSLUA names a
# built command, else it is built; PROVIDER a directory with a built terraform-provider-openstack, without which
# Terraform is left out; TOOLS the programs to run.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?fleet or reach} rounds=${2:-1}
here=$PWD/measure/$name
work=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

oslua=${OSLUA:-$work/oslua}
[ -n "${OSLUA:-}" ] || go build -o "$oslua" ./cmd/oslua
tools=${TOOLS:-oslua plain terraform openstack}
if [ -e "$here/main.go" ]; then
	go build -o "$work/plain" "$here"
else
	tools=${tools/plain/}
fi
if [ -z "${PROVIDER:-}" ] || ! command -v terraform >/dev/null; then
	tools=${tools/terraform/}
	echo "no terraform, or no PROVIDER: left out" >&2
fi
if ! command -v openstack >/dev/null; then
	tools=${tools/openstack/}
	echo "no openstack command: left out" >&2
fi
cat >"$work/rc" <<RC
provider_installation {
  dev_overrides {
    "terraform-provider-openstack/openstack" = "${PROVIDER:-}"
  }
}
RC
export TF_CLI_CONFIG_FILE=$work/rc TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1 XDG_STATE_HOME=$work/state

if [ -z "${OS_AUTH_URL:-}" ]; then
	"$oslua" simulator serve --memory --listen 127.0.0.1:0 --build-time 2s --verbose >"$work/ready" 2>"$work/requests" &
	server=$!
	for _ in $(seq 100); do
		grep -q OS_IDENTITY_API_VERSION "$work/ready" && break
		sleep 0.05
	done
	eval "$(grep '^export' "$work/ready")"
fi
requests() { if [ -n "$server" ]; then wc -l <"$work/requests"; else echo 0; fi; }

oslua_do() {
	case $1 in
	apply | again) "$oslua" --quiet "$here/$name.lua" ;;
	destroy) "$oslua" --quiet runs destroy --last --yes ;;
	esac
}
terraform_do() {
	mkdir -p "$work/tf" && cp "$here/main.tf" "$work/tf"
	case $1 in
	apply | again) terraform -chdir="$work/tf" apply -auto-approve -no-color -input=false -parallelism=8 ;;
	destroy) terraform -chdir="$work/tf" destroy -auto-approve -no-color -input=false -parallelism=8 ;;
	esac
}
plain_do() { "$work/plain" "$1"; }
openstack_do() { "$here/openstack.sh" "$1"; }

printf '%-10s %-8s %9s %9s\n' program what seconds requests
for _ in $(seq "$rounds"); do
	for tool in $tools; do
		for what in apply again destroy; do
			before=$(requests) start=$(date +%s.%N)
			if ! "${tool}_do" "$what" >"$work/out" 2>&1; then
				echo "$tool $what failed:" >&2
				tail -20 "$work/out" >&2
				exit 1
			fi
			end=$(date +%s.%N)
			printf '%-10s %-8s %9.2f %9d\n' "$tool" "$what" "$(awk "BEGIN { print $end - $start }")" $(($(requests) - before))
		done
	done
done
