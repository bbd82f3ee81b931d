# shellcheck shell=bash
# net - the bridge is in the instance's network namespace, each host has a port of it; the machine's own network
# isn't touched. Everything of it goes with the processes that hold the namespaces.

net_of_instance() { nsenter --net="/proc/$(instance_pid)/ns/net" -- "$@"; }
net_of_home() { nsenter --net="/proc/$(host_pid home)/ns/net" -- "$@"; }

# What `ip -batch` must do in a host's own namespace.
net_addresses() {
	echo 'link set lo up'
	echo "address add $(host_v4 "$1")/16 dev eth0"
	if [[ $1 == home ]]; then echo "address add $primary_v4/16 dev eth0"; fi
	if have_v6; then
		echo "address add $(host_v6 "$1")/64 dev eth0 nodad"
		if [[ $1 == home ]]; then echo "address add $primary_v6/64 dev eth0 nodad"; fi
	fi
	echo 'link set eth0 up'
}

# Unreachable as a host that is off the net: silence. Home keeps its hardware address, else connect() would
# fail after three seconds with "no route to host".
net_break() {
	neighbours "$1" | net_of_home ip -batch -
	net_of_instance ip link set "$(host_port "$1")" nomaster
}
neighbours() {
	local address
	for address in $(host_addresses "$1"); do
		echo "neigh replace $address lladdr $(host_mac "$1") dev eth0 nud permanent"
	done
}

net_mend() {
	local address
	net_of_instance ip link set "$(host_port "$1")" master br0
	for address in $(host_addresses "$1"); do
		net_of_home ip neigh del "$address" dev eth0 2>/dev/null || :
	done
}
