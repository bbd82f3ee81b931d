# shellcheck shell=bash
# base - the root file system that all hosts lie over: built once, cached, shared by all instances.
#
# It is named after the hash of its recipe (base/). An instance holds a shared lock on it for as long as it
# runs, so that an older base is only removed when nothing stands on it.

base_cache=/var/cache/certpush-lab

base_dir() { echo "$base_cache/base-$(cat "$lab_dir"/base/* | sha256sum | cut -c1-12)"; }

base_build() {
	local base
	base=$(base_dir)
	if [[ -d $base ]]; then return; fi
	check_tools mmdebstrap
	mkdir -p "$base_cache"
	exec 8>"$base_cache/lock"
	flock -n 8 || { say 'waiting for another build of the base' && flock 8; }
	if [[ ! -d $base ]]; then
		base_clean
		base_make "$base"
	fi
	exec 8>&-
}

base_make() {
	local base=$1 start=$SECONDS log=$base_cache/build.log
	say "building the base root, once, a minute or two: $base"
	if ! unshare --mount --pid --uts --fork --kill-child \
		"$lab_dir/base/bootstrap" "$base.tmp" >"$log" 2>&1 8>&- 9>&-; then
		tail -n 20 "$log" >&2
		die "the base root couldn't be built; the whole story is in $log"
	fi
	mv "$base.tmp" "$base"
	say "base root built in $((SECONDS - start)) s"
}

# Half-built bases, and older ones that no instance stands on.
base_clean() {
	local old
	for old in "$base_cache"/base-*; do
		case $old in
		*.lock | *'*') ;;
		*.tmp) rm -rf --one-file-system "$old" ;;
		*) flock -n -x "$old.lock" rm -rf --one-file-system "$old" "$old.lock" || : ;;
		esac
	done
}
