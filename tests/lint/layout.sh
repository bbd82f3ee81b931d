#!/bin/bash
# layout.sh - the top level holds what its users look for, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."

wanted='CHANGELOG.md CMakeLists.txt CMakePresets.json LICENSE README.md cmake docs examples inventory playbooks src tests'
found=$(find . -mindepth 1 -maxdepth 1 -not -name '.*' -not -name build -printf '%f\n' | LC_ALL=C sort | paste -sd' ')
[[ $found == "$wanted" ]] || {
	printf 'layout.sh: the top level is\n  %s\nnot\n  %s\n' "$found" "$wanted" >&2
	exit 1
}
