#!/usr/bin/env bash
# Applies and destroys judge/terraform/main.tf on the simulator with Terraform's own OpenStack provider:
#
#	judge/terraform.sh
#
# PROVIDER names a directory with a built terraform-provider-openstack; without it the provider is built from its Go module. OSLUA names a
# built command, else it is built.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v terraform >/dev/null || { echo "terraform is not on PATH: skipped"; exit 0; }

work=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

provider=${PROVIDER:-}
if [ -z "$provider" ]; then
	provider=$work/provider
	if ! GOBIN=$provider go install github.com/terraform-provider-openstack/terraform-provider-openstack/v3@latest >"$work/build.log" 2>&1; then
		echo "the provider cannot be built from its module ($(tail -1 "$work/build.log")): skipped"
		echo "give a directory with a built one: PROVIDER=DIR judge/terraform.sh"
		exit 0
	fi
fi
oslua=${OSLUA:-$work/oslua}
[ -n "${OSLUA:-}" ] || go build -o "$oslua" ./cmd/oslua

cat >"$work/rc" <<RC
provider_installation {
  dev_overrides {
    "terraform-provider-openstack/openstack" = "$provider"
  }
}
RC
export TF_CLI_CONFIG_FILE=$work/rc TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1
"$oslua" simulator serve --memory --listen 127.0.0.1:0 --build-time 1s --verbose >"$work/ready" 2>"$work/requests" &
server=$!
for _ in $(seq 100); do
	grep -q OS_IDENTITY_API_VERSION "$work/ready" && break
	sleep 0.05
done
eval "$(grep '^export' "$work/ready")"
cp judge/terraform/main.tf "$work"
cd "$work"
terraform apply -auto-approve -no-color -input=false
echo "== a second plan must find nothing to do"
terraform plan -detailed-exitcode -no-color -input=false
terraform destroy -auto-approve -no-color -input=false
if grep -E ' 5[0-9][0-9] [0-9.]+ms' "$work/requests"; then
	echo "answers above are 5xx" >&2
	exit 1
fi
echo "== applied, found complete and destroyed with $(wc -l <"$work/requests") requests"
