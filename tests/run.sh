#!/bin/sh
# run.sh [unit|lab|lint|all] - install what is missing, build with -Werror and the sanitizers, run the tests. Default: all.
#   unit   needs no root and no network, once the packages are there
#   lab    end to end, on real servers in namespaces of this machine: needs root
#   lint   format, clang-tidy, shellcheck, man pages, banned calls
set -eu
cd "$(dirname "$0")/.."

what=${1:-all}
case $what in
unit) label='-L unit' packages=build ;;
lab) label='-L lab' packages='build lab' ;;
lint) label='-L lint' packages='build lint' ;;
all) label='' packages='build lint lab' ;;
*) echo "run.sh: unit, lab, lint or all, not '$what'" >&2 && exit 2 ;;
esac

# shellcheck disable=SC2086 # lists of words
tests/packages.sh $packages
[ -e build/dev/build.ninja ] || cmake --preset dev
ninja -C build/dev --quiet
# shellcheck disable=SC2086
exec ctest --test-dir build/dev --output-on-failure -j "$(nproc)" $label
