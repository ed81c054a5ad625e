#!/usr/bin/env bash
# An image's upload by oslua against `curl -T` to the same image service, in turn: how long it took, of that the
# processor's time, and the largest memory. oslua authenticates, makes the record, hashes what it sends and compares that
# with what the service stored; curl only sends.
#
#	measure/upload.sh OSLUA CLOUD [ROUNDS] [MIB]
#
# It needs curl and GNU time, room for the file twice (here and at the service), and it takes all back.
set -euo pipefail
oslua=$(command -v "${1:?which oslua?}") cloud=${2:?which cloud?} rounds=${3:-5} mib=${4:-1024}
dir=$(mktemp -d "${TMPDIR:-/tmp}/upload.XXXXXX")
id=
trap 'rm -rf "$dir"; run "if ... ~= \"\" then images.delete(..., { missing_ok = true }) end" "$id"' EXIT
run() { "$oslua" --quiet --cloud "$cloud" -e "$@"; }

head -c "${mib}M" /dev/urandom >"$dir/disk.img"
cat "$dir/disk.img" >/dev/null # both find it in memory
endpoint=$(run 'print((auth.endpoint("image"):gsub("/v2/?$", ""):gsub("/$", "")))')

by_curl() {
	run 'print("X-Auth-Token: " .. auth.token { reveal = true }.id)' >"$dir/token"
	id=$(run 'print(json.decode(arg[1]).id)' "$(curl -sf -X POST "$endpoint/v2/images" -H @"$dir/token" \
		-H 'Content-Type: application/json' -d '{"name": "measure-upload", "disk_format": "raw", "container_format": "bare"}')")
	command time -f '%e %U %S %M' -o "$dir/time" curl -sf -T "$dir/disk.img" "$endpoint/v2/images/$id/file" \
		-H @"$dir/token" -H 'Content-Type: application/octet-stream' -o /dev/null
}

by_oslua() {
	command time -f '%e %U %S %M' -o "$dir/time" "$oslua" --quiet --cloud "$cloud" -e \
		'print(images.create { name = "measure-upload", file = arg[1], disk_format = "raw", progress = false }.id)' "$dir/disk.img" >"$dir/id"
	id=$(cat "$dir/id")
}

for round in $(seq "$rounds"); do
	for by in by_curl by_oslua; do
		"$by"
		read -r seconds user system kib <"$dir/time"
		printf '%s %s s, processor %s + %s s, %s MiB, load %s\n' "${by#by_}" "$seconds" "$user" "$system" $((kib / 1024)) "$(cut -d' ' -f1 /proc/loadavg)"
		run 'images.delete(...)' "$id"
		id=
		echo "$seconds" >>"$dir/$by"
	done
done
median() { sort -n "$1" | awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
awk -v c="$(median "$dir/by_curl")" -v o="$(median "$dir/by_oslua")" -v m="$mib" \
	'BEGIN { printf "%d MiB: curl %.2f s, oslua %.2f s, ratio of the medians %.2f\n", m, c, o, o / c }'
