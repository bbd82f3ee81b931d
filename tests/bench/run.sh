#!/bin/sh
# run.sh [NAME...] - run the benchmarks, all or those named: each is a script of this folder, and one question. Needs root.
# Their figures go to standard output, one a line:
#   figure NAME VALUE UNIT            a measured value that explains others
#   figure NAME VALUE UNIT goal OP GOAL     OP: <= or >=
# all else to standard error. Exit status 1: a goal was missed, or a benchmark couldn't be carried out.
set -eu
here=$(dirname "$(readlink -f "$0")")

[ $# -gt 0 ] || set -- "$here"/*.sh
status=0
for script in "$@"; do
	name=$(basename "$script" .sh)
	case $name in lib | run) continue ;; esac
	echo "== $name" >&2
	"$here/$name.sh" || status=1
done
exit $status
