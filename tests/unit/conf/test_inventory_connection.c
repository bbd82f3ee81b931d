#include "conf/inventory_check.h"

/* Host h of group g with these variables, and a service, so that it counts. */
static char *with(const char *vars)
{
	return xasprintf("g: {hosts: {h: {certpush: {inn: x}}}, vars:\n  {%s}}\n", vars);
}

static const struct connection *connection_of(struct arena *a, const char *vars)
{
	AUTO(str) char *text = with(vars);

	return &host_ok(a, text, "h")->connection;
}

static void what_isnt_said_has_its_default(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct connection *c = connection_of(a, "");

	(void)state;
	assert_string_equal(c->address, "h");
	assert_int_equal(c->port, 22);
	assert_null(c->user);
	assert_null(c->key_file);
	assert_int_equal(secret_sources(&c->key_passphrase), 0);
	assert_null(c->known_hosts);
	assert_null(c->proxy_command);
	assert_null(c->remote_tmp);
	assert_false(c->become);
	assert_string_equal(c->become_user, "root");
	assert_string_equal(c->become_method, "sudo");
	assert_int_equal(c->timeout, 10);
	assert_false(c->local);
	assert_int_equal(c->transport, TRANSPORT_AUTO);
	assert_null(*c->options);
}

static void told(const struct connection *c, struct buf *out)
{
	buf_printf(out, "%s:%d", c->address, c->port);
	if (c->user)
		buf_printf(out, " user=%s", c->user);
	if (c->key_file)
		buf_printf(out, " key=%s", c->key_file);
	if (c->key_passphrase.file)
		buf_printf(out, " phrase in %s", c->key_passphrase.file);
	if (c->key_passphrase.command)
		buf_printf(out, " phrase by %s in %s", c->key_passphrase.command,
			c->key_passphrase.dir);
	if (c->known_hosts)
		buf_printf(out, " known=%s", c->known_hosts);
	if (c->proxy_command)
		buf_printf(out, " proxy=[%s]", c->proxy_command);
	if (c->remote_tmp)
		buf_printf(out, " tmp=%s", c->remote_tmp);
	if (c->become)
		buf_printf(out, " become=%s", c->become_user);
	if (c->timeout != 10)
		buf_printf(out, " timeout=%d", c->timeout);
	if (c->local)
		buf_puts(out, " local");
	if (c->transport != TRANSPORT_AUTO)
		buf_puts(out, c->transport == TRANSPORT_OPENSSH ? " openssh" : " libssh2");
	for (const char *const *option = c->options; *option; option++)
		buf_printf(out, " %s", *option);
}

static void ansibles_variables_are_understood(void **state)
{
	static const struct {
		const char *vars, *want;
	} rows[] = {
		{ "ansible_host: 192.0.2.1, ansible_port: 2222", "192.0.2.1:2222" },
		{ "ansible_ssh_host: b, ansible_host: a", "b:22" },
		{ "ansible_port: 1, ansible_ssh_port: \"2\"", "h:2" },
		{ "ansible_user: u", "h:22 user=u" },
		{ "ansible_user: u, ansible_ssh_user: v", "h:22 user=v" },
		{ "ansible_user: ~", "h:22" },
		{ "ansible_host: \"[2001:db8::1]\"", "2001:db8::1:22" },
		{ "ansible_private_key_file: /k", "h:22 key=/k" },
		{ "ansible_ssh_private_key_file: ~/.ssh/k", "h:22 key=/home/u/.ssh/k" },
		{ "certpush_key_passphrase_file: /k.pass", "h:22 phrase in /k.pass" },
		{ "certpush_key_passphrase_file: ~/k.pass",
			"h:22 phrase in /home/u/k.pass" },
		{ "certpush_key_passphrase_file: \"{{ d }}/k.pass\", d: secret",
			"h:22 phrase in secret/k.pass" },
		{ "certpush_key_passphrase_command: pass show ssh",
			"h:22 phrase by pass show ssh in ." },
		{ "ansible_become: yes", "h:22 become=root" },
		{ "ansible_become: \"True\", ansible_become_user: w", "h:22 become=w" },
		{ "ansible_become: 1, ansible_become_method: ansible.builtin.sudo",
			"h:22 become=root" },
		{ "ansible_become: no, ansible_become_method: su", "h:22" },
		{ "ansible_remote_tmp: /var/tmp/c, ansible_timeout: 30",
			"h:22 tmp=/var/tmp/c timeout=30" },
		{ "ansible_connection: local", "h:22 local" },
		{ "ansible_connection: ansible.builtin.ssh", "h:22" },
		{ "ansible_connection: paramiko", "h:22" },
		{ "ansible_connection: smart", "h:22" },
		{ "ansible_host: \"{{ inventory_hostname }}.{{ d }}\", d: example.net",
			"h.example.net:22" },
		{ "ansible_port: \"{{ p }}\", p: 2022", "h:2022" },
		{ "certpush_transport: auto", "h:22" },
		{ "certpush_transport: libssh2", "h:22 libssh2" },
		{ "certpush_transport: \"{{ t }}\", t: openssh", "h:22 openssh" },
		{ "ansible_password: x, ansible_python_interpreter: \"{{ x | y }}\"",
			"h:22" },
	};

	(void)state;
	setenv("HOME", "/home/u", 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(buf) struct buf got = BUF_EMPTY;

		told(connection_of(a, rows[i].vars), &got);
		assert_string_equal(got.data, rows[i].want);
	}
}

static void a_port_in_the_name_is_the_weakest(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a,
		"g:\n"
		"  hosts:\n"
		"    \"a[1:2]:2222\": {certpush: {inn: x}}\n"
		"    b:2222: {ansible_port: 23, certpush: {inn: x}}\n"
		"    a1:99:\n");

	(void)state;
	assert_int_equal(inventory_host(inv, "a1")->connection.port, 2222);
	assert_int_equal(inventory_host(inv, "a2")->connection.port, 2222);
	assert_int_equal(inventory_host(inv, "b")->connection.port, 23);
}

static void options_of_ssh_are_understood(void **state)
{
	static const struct {
		const char *args, *want;
	} rows[] = {
		{ "", "h:22" },
		{ "-o ProxyJump=bastion", "h:22 proxy=[ssh -W h:22 'bastion']" },
		{ "-J bastion", "h:22 proxy=[ssh -W h:22 'bastion']" },
		{ "-Jbastion", "h:22 proxy=[ssh -W h:22 'bastion']" },
		{ "-oProxyJump=u@b:2222", "h:22 proxy=[ssh -W h:22 -p '2222' 'u@b']" },
		{ "-J u@[2001:db8::9]:2222",
			"h:22 proxy=[ssh -W h:22 -p '2222' 'u@2001:db8::9']" },
		{ "-J [2001:db8::9]", "h:22 proxy=[ssh -W h:22 '2001:db8::9']" },
		{ "-J ssh://u@b:2222", "h:22 proxy=[ssh -W h:22 'ssh://u@b:2222']" },
		{ "-J a,u@b:23,c", "h:22 proxy=[ssh -W h:22 -J 'a,u@b:23' 'c']" },
		{ "-o proxyjump=none", "h:22" },
		{ "-o ProxyJump=a -o ProxyCommand=b", "h:22 proxy=[ssh -W h:22 'a']" },
		{ "-o ProxyCommand='nc %h %p'", "h:22 proxy=[nc h 22]" },
		{ "-o 'ProxyCommand ssh -q -W %h:%p u@b'",
			"h:22 proxy=[ssh -q -W h:22 u@b]" },
		{ "-o \\\"ProxyCommand = x %n%% %p\\\"", "h:22 proxy=[x h% 22]" },
		{ "-o ProxyCommand=none", "h:22" },
		{ "-p 2222 -i ~/k -l u", "h:2222 user=u key=/home/u/k" },
		{ "-o Port=23 -o User=v -o IdentityFile=/k", "h:23 user=v key=/k" },
		{ "-p 1 -p 2", "h:1" },
		{ "-o CertificateFile=/c -m hmac-md5 -F /f",
			"h:22 -oCertificateFile=/c -oMACs=hmac-md5 -F/f" },
		{ "-ohostkeyalias=a -bX -o 'IdentityAgent /run/agent'",
			"h:22 -oHostKeyAlias=a -oBindAddress=X -oIdentityAgent=/run/agent" },
		{ "-o GSSAPIAuthentication=no -o GlobalKnownHostsFile=/dev/null", "h:22" },
		{ "-C -o ControlMaster=auto -o ControlPersist=60s -o LogLevel=ERROR",
			"h:22" },
		{ "-o UserKnownHostsFile=~/kh", "h:22 known=/home/u/kh" },
		/* the check can't be switched off */
		{ "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no", "h:22" },
		{ "-C -4 -vvv -o ControlMaster=auto -o ControlPersist=60s", "h:22" },
		{ "-CJb -F /dev/null -o ServerAliveInterval=5",
			"h:22 proxy=[ssh -W h:22 'b']" },
	};

	(void)state;
	setenv("HOME", "/home/u", 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str)
		char *vars = xasprintf("ansible_ssh_common_args: \"%s\"", rows[i].args);
		AUTO(arena) struct arena *a = arena_new();
		AUTO(buf) struct buf got = BUF_EMPTY;

		told(connection_of(a, vars), &got);
		assert_string_equal(got.data, rows[i].want);
	}
}

static void variables_and_options_go_together(void **state)
{
	static const struct {
		const char *vars, *want;
	} rows[] = {
		{ "ansible_ssh_args: -J a, ansible_ssh_common_args: -J b, ansible_ssh_extra_args: -J c",
			"h:22 proxy=[ssh -W h:22 'a']" },
		{ "ansible_ssh_common_args: -p 1, ansible_ssh_extra_args: -p 2 -l u",
			"h:1 user=u" },
		{ "ansible_port: 23, ansible_user: w, ansible_ssh_common_args: -p 1 -l u",
			"h:23 user=w" },
		{ "ansible_host: 2001:db8::1, ansible_port: 23, ansible_ssh_common_args: -J b",
			"2001:db8::1:23 proxy=[ssh -W [2001:db8::1]:23 'b']" },
		{ "ansible_user: w, ansible_ssh_common_args: -o ProxyCommand='x %r@%h'",
			"h:22 user=w proxy=[x w@h]" },
		{ "jump: b, ansible_ssh_common_args: '-J {{ jump }}.net'",
			"h:22 proxy=[ssh -W h:22 'b.net']" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(buf) struct buf got = BUF_EMPTY;

		told(connection_of(a, rows[i].vars), &got);
		assert_string_equal(got.data, rows[i].want);
	}
}

static void what_isnt_understood_is_told_with_its_place(void **state)
{
	static const struct {
		const char *vars, *want;
	} rows[] = {
		{ "ansible_port: 70000",
			"2:18: ansible_port: expected a port (1-65535), found '70000'" },
		{ "ansible_port: ssh",
			"2:18: ansible_port: expected a port (1-65535), found 'ssh'" },
		{ "ansible_ssh_port: [22]",
			"2:22: ansible_ssh_port: expected a port (1-65535), found a list" },
		{ "ansible_host: yes",
			"2:18: ansible_host: expected a text, found the boolean 'yes': put it in quotes if it is meant as text" },
		{ "ansible_host: {a: b}",
			"2:18: ansible_host: expected a text, found a mapping" },
		{ "ansible_host: -oProxyCommand=x",
			"2:18: ansible_host: expected a host name or an address, found '-oProxyCommand=x'" },
		{ "ansible_host: a b",
			"2:18: ansible_host: expected a host name or an address, found 'a b'" },
		{ "ansible_host: \"\"",
			"2:18: ansible_host: expected a host name or an address, found ''" },
		{ "certpush_key_passphrase_file: ''",
			"2:34: certpush_key_passphrase_file: expected a text, found ''" },
		{ "certpush_key_passphrase_command: [pass]",
			"2:37: certpush_key_passphrase_command: expected a text, found a list" },
		{ "certpush_key_passphrase_file: k, certpush_key_passphrase_command: c",
			"2:70: certpush_key_passphrase_command: certpush_key_passphrase_file is said too: one of them" },
		{ "ansible_user: -x",
			"2:18: ansible_user: expected a user's name, found '-x'" },
		{ "ansible_become: maybe",
			"2:20: ansible_become: expected yes or no, found 'maybe'" },
		{ "ansible_become: yes, ansible_become_method: su",
			"2:48: ansible_become_method: certpush knows only sudo (and a login as root needs none), found 'su'" },
		{ "ansible_connection: winrm",
			"2:24: ansible_connection: expected ssh, paramiko or local, found 'winrm'" },
		{ "certpush_transport: opensssh",
			"2:24: certpush_transport: expected auto, libssh2 or openssh, found 'opensssh': did you mean 'openssh'?" },
		{ "certpush_transport: [auto]",
			"2:24: certpush_transport: expected a text, found a list" },
		{ "ansible_ssh_timeout: soon",
			"2:25: ansible_ssh_timeout: expected seconds (1-3600), found 'soon'" },
		{ "ansible_user: !vault xyz",
			"2:18: ansible_user: expected a text, found a value with the tag !vault: certpush can't open Ansible's vault" },
		{ "ansible_user: \"{{ x }}\"", "2:18: 'x' is no variable of host 'h'" },
		{ "ansible_user: \"{{ x | lower }}\"",
			"2:18: only a plain {{ variable }} is understood here, no filter or expression: '{{ x | lower }}'" },
		{ "ansible_ssh_common_args: \"-o 'ProxyJump=x\"",
			"2:29: ansible_ssh_common_args: a quote is missing: -o 'ProxyJump=x" },
		{ "ansible_ssh_common_args: bastion",
			"2:29: ansible_ssh_common_args: expected an option of ssh, found 'bastion'" },
		{ "ansible_ssh_common_args: -J",
			"2:29: ansible_ssh_common_args: -J without a value" },
		{ "ansible_ssh_common_args: -p x",
			"2:29: -p: expected a port (1-65535), found 'x'" },
		{ "ansible_ssh_common_args: \"-J -oX=y\"",
			"2:29: ProxyJump: expected [user@]host[:port], found '-oX=y'" },
		{ "ansible_ssh_common_args: \"-J 'a,,b'\"",
			"2:29: ProxyJump: expected [user@]host[:port], found 'a,,b'" },
		{ "ansible_ssh_common_args: -o ProxyCommand='x %r'",
			"2:29: ProxyCommand: %r needs an ansible_user" },
		{ "ansible_ssh_common_args: -o ProxyCommand='x %k'",
			"2:29: ProxyCommand: '%k' is none of %h %n %p %r %%" },
		{ "ansible_ssh_common_args: -o ProxyCommand='x %'",
			"2:29: ProxyCommand: '% ' is none of %h %n %p %r %%" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str) char *text = with(rows[i].vars);

		inventory_refused(text, rows[i].want);
	}
}

/* A switch or a Windows machine in the inventory is none of certpush's business. */
static void hosts_without_services_may_be_reached_by_other_ways(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct host *h = host_ok(a,
		"g: {hosts: {h: {ansible_connection: winrm, ansible_port: '{{ x|y }}', "
		"ansible_user: !vault x}}}\n",
		"h");

	(void)state;
	assert_int_equal(h->n_services, 0);
}

static void a_groups_mistake_is_told_once(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct errs all;

	(void)state;
	assert_null(inventory_of(a,
		"g: {hosts: \"h[1:50]\", vars: {ansible_port: x, certpush: {inn: c}}}\n",
		&all));
	assert_int_equal(all.n, 1);
	assert_int_equal(all.dropped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_isnt_said_has_its_default),
		cmocka_unit_test(ansibles_variables_are_understood),
		cmocka_unit_test(a_port_in_the_name_is_the_weakest),
		cmocka_unit_test(options_of_ssh_are_understood),
		cmocka_unit_test(variables_and_options_go_together),
		cmocka_unit_test(what_isnt_understood_is_told_with_its_place),
		cmocka_unit_test(hosts_without_services_may_be_reached_by_other_ways),
		cmocka_unit_test(a_groups_mistake_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
