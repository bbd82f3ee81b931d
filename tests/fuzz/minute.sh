#!/bin/sh
# minute.sh PROGRAM SEEDS - a minute of one fuzz target, or $FUZZ_SECONDS. What it learns is kept beside the program, in
# PROGRAM.corpus, and gone on with the next time; what breaks it too, as PROGRAM.crash-….
set -eu
mkdir -p "$1.corpus"
exec "$1" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
	-artifact_prefix="$1." "$1.corpus" "$2"
