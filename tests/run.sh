#!/bin/sh
# run.sh [unit|lab|lint|all|tsan|valgrind|fuzz] - install what is missing, build with -Werror and the sanitizers, run the tests. Default: all.
#   unit   needs no root and no network, once the packages are there
#   lab    end to end, on real servers in namespaces of this machine: needs root
#   lint   format, clang-tidy, shellcheck, man pages, banned calls
# Not part of all:
#   tsan       unit and lab under the thread sanitizer
#   valgrind   the morning under valgrind
#   fuzz       a minute of each fuzz target
set -eu
cd "$(dirname "$0")/.."

what=${1:-all}
preset=dev
case $what in
unit) label='-L unit' packages=build ;;
lab) label='-L lab' packages='build lab' ;;
lint) label='-L lint' packages='build lint' ;;
all) label='' packages='build lint lab' ;;
tsan) label='-L unit|lab' packages='build lab' preset=tsan ;;
valgrind) label='-R lab.morning' packages='build lab' preset=valgrind ;;
fuzz) label='-L fuzz' packages='build fuzz' preset=fuzz ;;
*) echo "run.sh: unit, lab, lint, all, tsan, valgrind or fuzz, not '$what'" >&2 && exit 2 ;;
esac

# shellcheck disable=SC2086 # lists of words
tests/packages.sh $packages
[ -e "build/$preset/build.ninja" ] || cmake --preset "$preset"
ninja -C "build/$preset" --quiet
if [ "$preset" = tsan ]; then
	export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp halt_on_error=1 exitcode=66"
fi
# More than there are processors: the tests in labs, of which four run at a time, wait for half of theirs.
# shellcheck disable=SC2086
ctest --test-dir "build/$preset" --output-on-failure -j "$(($(nproc) + 4))" $label || status=$?
# Which tests were left out within those that passed is in ctest's log alone.
grep -e '\[  SKIPPED \]' -e '!!!' "build/$preset/Testing/Temporary/LastTest.log" || :
exit "${status-0}"
