#!/bin/bash
# shell.sh - shellcheck over every shell script: what has its name or its first line.
set -euo pipefail
cd "$(dirname "$0")/../.."

is_shell() { [[ $1 == *.sh ]] || head -n 2 "$1" | grep -aEq '^#!.*[/ ](ba|da)?sh( |$)|^# shellcheck shell='; }

scripts=()
while IFS= read -r -d '' file; do
	if is_shell "$file"; then scripts+=("$file"); fi
done < <(find .ci examples src tests -type f -not -name '*.[ch]' -print0 | sort -z)
((${#scripts[@]} > 30)) || { echo "shell.sh: only ${#scripts[@]} scripts found" >&2 && exit 1; }

# It takes functions with optional words for mistaken, and those that a trap or a variable names for unreachable.
shellcheck -x -P SCRIPTDIR -e SC2119,SC2120,SC2317 "${scripts[@]}"
shellcheck -s sh src/push/look.sh src/push/transact.sh
