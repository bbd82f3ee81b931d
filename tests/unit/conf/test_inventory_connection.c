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
	assert_int_equal(c->become_method, BECOME_SUDO);
	assert_null(c->become_exe);
	assert_null(c->become_flags);
	assert_int_equal(secret_sources(&c->become_password), 0);
	assert_int_equal(c->timeout, 10);
	assert_false(c->local);
	assert_int_equal(c->transport, TRANSPORT_AUTO);
	assert_int_equal(c->transfer, TRANSFER_SFTP);
	assert_null(*c->options);
}

static void told_become(const struct connection *c, struct buf *out)
{
	static const char *const methods[] = { "", " by doas", " by su" };
	const struct secret_source *s = &c->become_password;

	buf_printf(out, " become=%s%s", c->become_user, methods[c->become_method]);
	if (c->become_exe)
		buf_printf(out, " exe=%s", c->become_exe);
	for (const char *const *flag = c->become_flags; flag && *flag; flag++)
		buf_printf(out, " <%s>", *flag);
	if (s->file)
		buf_printf(out, " %s: %s", s->name, s->file);
	if (s->command)
		buf_printf(out, " %s: %s in %s", s->name, s->command, s->dir);
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
		told_become(c, out);
	if (c->timeout != 10)
		buf_printf(out, " timeout=%d", c->timeout);
	if (c->local)
		buf_puts(out, " local");
	if (c->sshfp)
		buf_puts(out, " sshfp");
	for (const char *const *door = c->through; door && *door; door++)
		buf_printf(out, " by=%s", *door);
	if (c->transport != TRANSPORT_AUTO)
		buf_puts(out, c->transport == TRANSPORT_OPENSSH ? " openssh" : " libssh2");
	if (c->transfer == TRANSFER_STREAM)
		buf_puts(out, " stream");
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
		{ "ansible_become: no, ansible_become_method: pbrun, ansible_become_pass: !vault x",
			"h:22" },
		{ "ansible_become: yes, ansible_become_method: community.general.doas",
			"h:22 become=root by doas" },
		{ "ansible_become: yes, ansible_become_method: su, ansible_su_user: w, "
		  "ansible_sudo_user: x",
			"h:22 become=w by su" },
		{ "ansible_become: yes, ansible_become_exe: /opt/sudo, ansible_sudo_exe: ~",
			"h:22 become=root exe=/opt/sudo" },
		{ "ansible_become: yes, ansible_become_flags: -H -S -n",
			"h:22 become=root" },
		{ "ansible_become: yes, ansible_become_flags: \"-HSE --stdin -g 'a b' -nu\"",
			"h:22 become=root <-E> <-g> <a b> <-nu>" },
		{ "ansible_become: yes, ansible_become_method: su, ansible_become_flags: -n -",
			"h:22 become=root by su <-n> <->" },
		{ "ansible_become: yes, ansible_become_flags: \" \"", "h:22 become=root" },
		{ "ansible_become: yes, certpush_become_password_file: pw",
			"h:22 become=root certpush_become_password_file: pw" },
		{ "ansible_become: yes, certpush_become_password_file: ~/pw, "
		  "ansible_become_password: \"{{ lookup('x') }}\"",
			"h:22 become=root certpush_become_password_file: /home/u/pw" },
		{ "ansible_become: yes, certpush_become_password_command: pass show x, "
		  "ansible_become_pass: !vault x",
			"h:22 become=root certpush_become_password_command: pass show x in ." },
		{ "ansible_remote_tmp: /var/tmp/c, ansible_timeout: 30",
			"h:22 tmp=/var/tmp/c timeout=30" },
		{ "ansible_connection: local", "h:22 local" },
		{ "ansible_connection: ansible.builtin.ssh", "h:22" },
		{ "ansible_connection: paramiko", "h:22" },
		{ "ansible_connection: smart", "h:22" },
		{ "ansible_host: \"{{ inventory_hostname }}.{{ d }}\", d: example.net",
			"h.example.net:22" },
		{ "ansible_port: \"{{ p }}\", p: 2022", "h:2022" },
		{ "certpush_sshfp: yes", "h:22 sshfp" },
		{ "certpush_sshfp: no, ansible_ssh_args: -o VerifyHostKeyDNS=yes", "h:22" },
		{ "certpush_transport: auto", "h:22" },
		{ "certpush_transport: libssh2", "h:22 libssh2" },
		{ "certpush_transport: \"{{ t }}\", t: openssh", "h:22 openssh" },
		{ "certpush_transfer: sftp", "h:22" },
		{ "certpush_transfer: stream", "h:22 stream" },
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
		{ "-o ProxyJump=bastion",
			"h:22 proxy=[ssh -W h:22 'bastion'] by=bastion:22" },
		{ "-J bastion", "h:22 proxy=[ssh -W h:22 'bastion'] by=bastion:22" },
		{ "-Jbastion", "h:22 proxy=[ssh -W h:22 'bastion'] by=bastion:22" },
		{ "-oProxyJump=u@b:2222",
			"h:22 proxy=[ssh -W h:22 -p '2222' 'u@b'] by=b:2222" },
		{ "-J u@[2001:db8::9]:2222",
			"h:22 proxy=[ssh -W h:22 -p '2222' 'u@2001:db8::9'] by=[2001:db8::9]:2222" },
		{ "-J [2001:db8::9]",
			"h:22 proxy=[ssh -W h:22 '2001:db8::9'] by=[2001:db8::9]:22" },
		{ "-J ssh://u@b:2222",
			"h:22 proxy=[ssh -W h:22 'ssh://u@b:2222'] by=b:2222" },
		{ "-J a,u@b:23,c",
			"h:22 proxy=[ssh -W h:22 -J 'a,u@b:23' 'c'] by=a:22 by=b:23 by=c:22" },
		{ "-o proxyjump=none", "h:22" },
		{ "-o VerifyHostKeyDNS=yes", "h:22 sshfp" },
		{ "-o verifyhostkeydns=YES -o VerifyHostKeyDNS=no", "h:22 sshfp" },
		{ "-o VerifyHostKeyDNS=ask", "h:22" },
		{ "-o ProxyJump=a -o ProxyCommand=b",
			"h:22 proxy=[ssh -W h:22 'a'] by=a:22" },
		{ "-o ProxyCommand='nc %h %p'", "h:22 proxy=[nc h 22]" },
		{ "-o 'ProxyCommand ssh -q -W %h:%p u@b'",
			"h:22 proxy=[ssh -q -W h:22 u@b] by=ssh -q -W %h:%p u@b" },
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
			"h:22 proxy=[ssh -W h:22 'b'] by=b:22" },
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
			"h:22 proxy=[ssh -W h:22 'a'] by=a:22" },
		{ "ansible_ssh_common_args: -p 1, ansible_ssh_extra_args: -p 2 -l u",
			"h:1 user=u" },
		{ "ansible_port: 23, ansible_user: w, ansible_ssh_common_args: -p 1 -l u",
			"h:23 user=w" },
		{ "ansible_host: 2001:db8::1, ansible_port: 23, ansible_ssh_common_args: -J b",
			"2001:db8::1:23 proxy=[ssh -W [2001:db8::1]:23 'b'] by=b:22" },
		{ "ansible_user: w, ansible_ssh_common_args: -o ProxyCommand='x %r@%h'",
			"h:22 user=w proxy=[x w@h]" },
		{ "jump: b, ansible_ssh_common_args: '-J {{ jump }}.net'",
			"h:22 proxy=[ssh -W h:22 'b.net'] by=b.net:22" },
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
		{ "ansible_become: yes, ansible_become_method: pbrun",
			"2:48: ansible_become_method: expected sudo, doas or su (and a login as root needs none), found 'pbrun'" },
		{ "ansible_become: yes, ansible_become_exe: sudo su -",
			"2:45: ansible_become_exe: expected one program (its options are ansible_become_flags), found 'sudo su -'" },
		{ "ansible_become: yes, ansible_become_flags: \"-p 'x\"",
			"2:47: ansible_become_flags: a quote is missing: -p 'x" },
		{ "ansible_become: yes, ansible_become_password: x",
			"2:50: ansible_become_password: a password in clear, in a file that others can read: chmod 600 hosts.yml, or say certpush_become_password_file or certpush_become_password_command" },
		{ "ansible_become: yes, ansible_become_pass: \"{{ x }}y\", x: z",
			"2:46: ansible_become_pass: a password that is put together of variables: say certpush_become_password_file or certpush_become_password_command" },
		{ "ansible_become: yes, ansible_sudo_pass: !vault x",
			"2:44: ansible_sudo_pass: a value with the tag !vault can't be read here: say certpush_become_password_file or certpush_become_password_command" },
		{ "ansible_become: yes, certpush_become_password_file: [x]",
			"2:56: certpush_become_password_file: expected a text" },
		{ "ansible_become: yes, certpush_become_password_file: x, "
		  "certpush_become_password_command: y",
			"2:93: certpush_become_password_command: certpush_become_password_file is said too: one of them" },
		{ "ansible_become: yes, ansible_become_method: doas, "
		  "certpush_become_password_file: x",
			"2:85: certpush_become_password_file: doas takes a password from a terminal only: let it ask for none (`permit nopass` in its doas.conf), or use sudo or su" },
		{ "ansible_connection: winrm",
			"2:24: ansible_connection: expected ssh, paramiko or local, found 'winrm'" },
		{ "certpush_transport: opensssh",
			"2:24: certpush_transport: expected auto, libssh2 or openssh, found 'opensssh': did you mean 'openssh'?" },
		{ "certpush_transfer: steam",
			"2:23: certpush_transfer: expected sftp or stream, found 'steam': did you mean 'stream'?" },
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

/* In clear it counts where nobody else can read it: in that file, wherever it is used. */
static void a_password_in_clear_is_for_its_owners_eyes(void **state)
{
	static const struct {
		const char *vars, *more;
		mode_t mode, mode_of_more;
		const char *clear; /* NULL: refused */
	} rows[] = {
		{ "{ansible_become_password: \"s x\"}", NULL, 0600, 0, "s x" },
		{ "{ansible_become_password: 1234}", NULL, 0600, 0, "1234" },
		{ "{ansible_become_password: x}", NULL, 0640, 0, NULL },
		{ "{ansible_become_password: \"{{ pw }}\"}", "{pw: x}", 0644, 0400, "x" },
		{ "{ansible_become_password: \"{{ pw }}\"}", "{pw: x}", 0600, 0644, NULL },
		{ "{ansible_become_password: \"{{ pw }}\", pw: \"{{ p }}{{ p }}\"}",
			"{p: x}", 0600, 0644, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(str) char *hosts = fs_join(*state, "hosts.yml");
		AUTO(str) char *vars = fs_join(*state, "group_vars/g.yml");
		AUTO(str) char *more = fs_join(*state, "host_vars/h.yml");
		const struct inventory *inv;
		struct errs all = { .n = 0 };

		put_file(*state, "hosts.yml",
			"g: {hosts: {h: {ansible_become: true, certpush: {inn: x}}}}\n");
		put_file(*state, "group_vars/g.yml", rows[i].vars);
		put_file(*state, "host_vars/h.yml", rows[i].more ? rows[i].more : "");
		assert_int_equal(chmod(vars, rows[i].mode), 0);
		assert_int_equal(chmod(more, rows[i].mode_of_more), 0);
		inv = inventory_load(a, hosts, &test_playbooks, &all);
		if (!inv != !rows[i].clear)
			fail_msg("%s, %o: %s", rows[i].vars, rows[i].mode,
				inv ? "accepted" : all.list[0].msg);
		if (inv)
			assert_string_equal(
				inventory_host(inv, "h")->connection.become_password.clear,
				rows[i].clear);
		else if (strstr(all.list[0].msg, "x}"))
			fail_msg("it is shown: %s", all.list[0].msg);
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
		scratch_test(a_password_in_clear_is_for_its_owners_eyes),
		cmocka_unit_test(hosts_without_services_may_be_reached_by_other_ways),
		cmocka_unit_test(a_groups_mistake_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
