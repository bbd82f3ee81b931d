#!/bin/sh
# format.sh - all C is as clang-format and .clang-format have it. To mend: clang-format -i FILE...
set -eu
cd "$(dirname "$0")/../.."
find src tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
