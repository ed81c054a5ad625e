#!/usr/bin/env bash
# Runs gophercloud's own acceptance tests against the simulator and prints how many pass:
#
#	judge/gophercloud.sh [identity|network|compute|image]...
#
# The tests are those of the module version in go.mod, compiled where the module cache has them. OSLUA names a built
# command, else it is built; OUT a directory for the tests' own output. Exit code 1 when a test fails that judge/gophercloud.txt does not
# name with a reason.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

module=$(go list -m -f '{{.Dir}}' github.com/gophercloud/gophercloud/v2)
if [ ! -d "$module/internal/acceptance" ]; then
	echo "gophercloud's acceptance tests are not in the module cache ($module): skipped"
	exit 0
fi
command -v curl >/dev/null || { echo "curl is missing: skipped"; exit 0; }

work=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
out=${OUT:-$work/out}
mkdir -p "$out"

oslua=${OSLUA:-$work/oslua}
[ -n "${OSLUA:-}" ] || go build -o "$oslua" ./cmd/oslua

serve() { # a fresh cloud for each service
	[ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null || true; }
	"$oslua" simulator serve --memory --listen 127.0.0.1:0 >"$work/ready" 2>"$out/$1.requests" &
	server=$!
	for _ in $(seq 100); do
		grep -q 'OS_REGION_NAME' "$work/ready" && break
		sleep 0.05
	done
	base=$(sed -n 's/.*ready at \(http:[^ ]*\).*/\1/p' "$work/ready")
}

# id PATH JSON-MEMBER NAME: the ID of what has a name.
id() {
	curl -sf -H "X-Auth-Token: $token" "$base$1" | tr '{}' '\n\n' | grep "\"name\": *\"$3\"" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' | head -1
}

environment() { # USER
	export OS_AUTH_URL=$base/identity/v3 OS_USERNAME=$1 OS_PASSWORD=secret OS_PROJECT_NAME=$1 OS_DOMAIN_ID=default
	export OS_REGION_NAME=RegionOne OS_BRANCH=stable/zed OS_POOL_NAME=public OS_NETWORK_NAME=private
	token=$(curl -sf -D - -o /dev/null -H 'Content-Type: application/json' "$base/identity/v3/auth/tokens" -d '{"auth": {"identity":
		{"methods": ["password"], "password": {"user": {"name": "'"$1"'", "domain": {"id": "default"}, "password": "secret"}}},
		"scope": {"project": {"name": "'"$1"'", "domain": {"id": "default"}}}}}' | tr -d '\r' | sed -n 's/^X-Subject-Token: //Ip')
	OS_EXTGW_ID=$(id '/network/v2.0/networks?name=public' networks public)
	OS_NETWORK_ID=$(id '/network/v2.0/networks?name=private' networks private)
	OS_SUBNET_ID=$(id '/network/v2.0/subnets?name=private-subnet' subnets private-subnet)
	OS_IMAGE_ID=$(id /image/v2/images images cirros-0.5.2-x86_64-disk || true)
	OS_FLAVOR_ID=42 OS_FLAVOR_ID_RESIZE=84
	export OS_EXTGW_ID OS_NETWORK_ID OS_SUBNET_ID OS_IMAGE_ID OS_FLAVOR_ID OS_FLAVOR_ID_RESIZE
}

packages() {
	case $1 in
	identity) echo identity/v3 ;;
	image) echo image/v2 ;;
	compute) echo compute/v2 ;;
	network) (cd "$module/internal/acceptance/openstack" && find networking/v2 -name '*_test.go' -exec dirname {} \; | sort -u |
		grep -Ev 'bgp|bgpvpns|fwaas|vpnaas|taas|sfc|trunk_details|dns|mtu$' ; true) ;;
	*) echo "judge/gophercloud.sh: no service $1" >&2; exit 2 ;;
	esac
}

printf '%-48s %5s %5s %5s\n' package pass fail skip
failures=
for service in "${@:-identity network image compute}"; do
	for service in $service; do
		for package in $(packages "$service"); do
			name=${package//\//-}
			(cd "$module" && GOFLAGS=-mod=mod go test -c -tags acceptance -o "$work/$name.test" "./internal/acceptance/openstack/$package") >"$out/$name.log" 2>&1 || {
				printf '%-48s does not compile\n' "$package"
				continue
			}
			serve "$name"
			for user in admin demo; do
				environment $user
				(cd "$work" && "./$name.test" -test.v -test.timeout 300s -test.parallel 4) >"$out/$name-$user.log" 2>&1 || true
			done
			results=$(sed -n 's/^--- \(PASS\|FAIL\|SKIP\): \(Test[^ ]*\).*/\1 \2/p' "$out/$name-admin.log" "$out/$name-demo.log")
			# A test that is only for the one user is skipped for the other, and one that only admin may do fails for demo.
			admin=$(sed -n 's/^--- \(PASS\|FAIL\|SKIP\): \(Test[^ ]*\).*/\1 \2/p' "$out/$name-admin.log")
			demo=$(sed -n 's/^--- \(PASS\|FAIL\|SKIP\): \(Test[^ ]*\).*/\1 \2/p' "$out/$name-demo.log")
			results=$(echo "$admin" | while read -r result test; do
				[ "$result" != SKIP ] || result=$(echo "$demo" | sed -n "s/^\([A-Z]*\) $test\$/\1/p")
				echo "$result $test"
			done)
			count() { grep -c "^$1 " <<<"$results" || true; }
			printf '%-48s %5d %5d %5d\n' "$package" "$(count PASS)" "$(count FAIL)" "$(count SKIP)"
			for test in $(sed -n 's/^FAIL //p' <<<"$results"); do
				reason=$(sed -n "s#^$package $test  *##p" "$root/judge/gophercloud.txt" 2>/dev/null || true)
				printf '    %s: %s\n' "$test" "${reason:-FAILED}"
				[ -n "$reason" ] || failures="$failures $test"
			done
			grep -q '^panic:' "$out/$name-admin.log" && { printf '    %s\n' "panic: $(grep -m1 '^panic:' "$out/$name-admin.log")"; failures="$failures panic"; }
		done
	done
done
[ -z "$failures" ]
