# shellcheck shell=bash
# needs - can this machine carry a lab at all? One line says what it lacks.

check_machine() {
	[[ $(id -u) == 0 ]] || die 'needs root'
	check_tools ip unshare nsenter openssl ssh-keygen curl flock setsid
	grep -qw overlay /proc/filesystems || modprobe -q overlay 2>/dev/null ||
		die 'this kernel has no overlayfs'
	unshare --mount --pid --uts --ipc --net --fork true 2>/dev/null ||
		die 'not allowed to make namespaces (mount, pid, uts, ipc, net) here'
	unshare --mount sh -c "$try_overlay" 2>/dev/null ||
		die 'not allowed to mount tmpfs and overlayfs here'
	unshare --net ip link add lab-try type bridge 2>/dev/null ||
		die 'not allowed to make a network bridge here'
}

check_tools() {
	local tool missing=()
	for tool in "$@"; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	((${#missing[@]} == 0)) || die "missing here: ${missing[*]} (tests/packages.sh lab installs them)"
}

# In a mount namespace of its own, so nothing of it stays.
try_overlay='mount -t tmpfs tmpfs /mnt && cd /mnt && mkdir low up work root &&
	mount -t overlay overlay -o lowerdir=low,upperdir=up,workdir=work root'
