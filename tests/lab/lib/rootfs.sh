# shellcheck shell=bash
# rootfs - the root file systems that hosts lie over: built once, cached, shared by all instances.
#
# `base` is what all hosts but one lie over; `zoo` is a copy of it with more servers, some of them in place of others.
# Each is named after the hash of its recipe (base/, zoo/). An instance holds a shared lock on what it stands on for as long
# as it runs, so that an older one is only removed when nothing stands on it.

rootfs_cache=/var/cache/certpush-lab

# rootfs_dir base|zoo
rootfs_dir() {
	local recipe=("$lab_dir/base"/*)
	[[ $1 == base ]] || recipe+=("$lab_dir/$1"/*)
	echo "$rootfs_cache/$1-$(cat "${recipe[@]}" | sha256sum | cut -c1-12)"
}

# rootfs_build base|zoo
rootfs_build() {
	local root
	root=$(rootfs_dir "$1")
	if [[ -d $root ]]; then return; fi
	check_tools mmdebstrap
	mkdir -p "$rootfs_cache"
	exec 8>"$rootfs_cache/lock"
	flock -n 8 || { say 'waiting for another build of a root' && flock 8; }
	if [[ ! -d $root ]]; then
		rootfs_clean "$1"
		rootfs_make "$1" "$root"
	fi
	exec 8>&-
}

rootfs_make() {
	local kind=$1 root=$2 start=$SECONDS log=$rootfs_cache/build-$1.log
	say "building the root '$kind', once, a minute or two: $root"
	if ! unshare --mount --pid --uts --fork --kill-child \
		"$lab_dir/$kind/bootstrap" "$root.tmp" "$(rootfs_dir base)" >"$log" 2>&1 8>&- 9>&-; then
		tail -n 20 "$log" >&2
		die "the root '$kind' couldn't be built; the whole story is in $log"
	fi
	mv "$root.tmp" "$root"
	say "root '$kind' built in $((SECONDS - start)) s"
}

# Half-built ones of a kind, and older ones that no instance stands on.
rootfs_clean() {
	local old
	for old in "$rootfs_cache/$1"-*; do
		case $old in
		*.lock | *'*') ;;
		*.tmp) rm -rf --one-file-system "$old" ;;
		*) flock -n -x "$old.lock" rm -rf --one-file-system "$old" "$old.lock" || : ;;
		esac
	done
}
