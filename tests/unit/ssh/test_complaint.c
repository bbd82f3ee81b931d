/*
 * What OpenSSH's ssh printed, made out. The logs are those of 9.2, shortened.
 */
#include "check.h"
#include "ssh/private/complaint.h"

#include "base/alloc.h"

#define D       "debug1: "
#define SHOWN   D "Server host key: ssh-ed25519 SHA256:abc\r\n"
#define OFFERED D "Offering public key: /home/me/a key ED25519 SHA256:def explicit\r\n"
#define DENIED  "deploy@mail: Permission denied (publickey,password).\r\n"

static const struct row {
	const char *name, *log;
	enum err_kind kind;
	const char *msg;
} rows[] = {
	{ "nothing", "", ERR_NET, "ssh ended, and didn't say why" },
	{ "only noise", D "x\r\nTransferred: sent 1\r\nKilled by signal 15.\r\n", ERR_NET,
		"ssh ended, and didn't say why" },
	{ "refused", "ssh: connect to host mail port 22: Connection refused\r\n", ERR_NET,
		"connect to host mail port 22: Connection refused" },
	{ "silence", "ssh: connect to host mail port 22: Connection timed out\r\n",
		ERR_TIMEOUT, "connect to host mail port 22: Connection timed out" },
	{ "no such name", "ssh: Could not resolve hostname mail: Name or service not known",
		ERR_NET, "Could not resolve hostname mail: Name or service not known" },
	{ "proxy's last word",
		"nc: no route\nkex_exchange_identification: Connection closed by remote host\r\n"
		"Connection closed by UNKNOWN port 65535\r\n",
		ERR_NET, "nc: no route" },
	{ "closed at once",
		"kex_exchange_identification: Connection closed by remote host\r\n"
		"Connection closed by 192.0.2.1 port 22\r\n",
		ERR_NET, "Connection closed by 192.0.2.1 port 22" },
	{ "no cipher",
		SHOWN
		"Unable to negotiate with 192.0.2.1 port 22: no matching cipher found.",
		ERR_AUTH,
		"Unable to negotiate with 192.0.2.1 port 22: no matching cipher" },
	{ "bad option", "command-line: line 0: Bad configuration option: foo\r\n",
		ERR_CONFIG, "Bad configuration option: foo" },
	{ "bad file",
		"/x/config: line 3: Bad configuration option: foo\r\n"
		"/x/config: terminating, 1 bad configuration options\r\n",
		ERR_CONFIG, "/x/config: terminating" },
	{ "login", SHOWN OFFERED DENIED, ERR_AUTH,
		"login as deploy refused: tried /home/me/a key" },
	{ "two keys",
		SHOWN OFFERED D "Offering public key: me@home RSA SHA256:x agent\n" DENIED,
		ERR_AUTH, "login as deploy refused: tried /home/me/a key, me@home" },
	{ "a banner is no complaint", SHOWN OFFERED "Welcome!\r\n" DENIED "\r\n", ERR_AUTH,
		"login as deploy refused: tried /home/me/a key" },
	{ "a key it can't load", SHOWN "Load key \"/k\": invalid format\r\n" DENIED,
		ERR_AUTH,
		"no key to log in with: deploy@mail: Permission denied (publickey,password).; "
		"Load key \"/k\": invalid format" },
	{ "too many",
		SHOWN OFFERED
		"Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures\n",
		ERR_AUTH, "login as deploy refused: tried /home/me/a key" },
	{ "host key", SHOWN "Host key verification failed.\r\n", ERR_AUTH,
		"host key of mail isn't known: ssh-ed25519 SHA256:abc; is that the right one? certpush hosts trust mail" },
	{ "host certificate",
		D
		"Server host certificate: ssh-ed25519-cert-v01@openssh.com SHA256:abc, serial 0\n"
		"Host key verification failed.\r\n",
		ERR_AUTH,
		"host key of mail isn't known: ssh-ed25519 SHA256:abc; is that the right one? certpush hosts trust mail" },
	{ "host key of a jump host",
		"Host key verification failed.\r\n"
		"Connection closed by UNKNOWN port 65535\r\n",
		ERR_AUTH, "Host key verification failed." },
	{ "the first key is the host's",
		SHOWN D
		"Server host key: ssh-rsa SHA256:forged\nHost key verification failed.",
		ERR_AUTH, "ssh-ed25519 SHA256:abc" },
	{ "no key in it", D "Server host key: \nHost key verification failed.\n", ERR_AUTH,
		"Host key verification failed." },
	{ "controls are tamed", "bad\033[2J news\n", ERR_NET, "bad [2J news" },
};

static void made_out(void **state)
{
	static const struct ssh_config c = {
		.name = "mail", .address = "mail", .port = 22, .user = "deploy"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct known_hosts none = KNOWN_HOSTS_EMPTY;
		struct err e = { 0 };

		assert_false(complaint_err(&c, &none, rows[i].log, &e));
		if (e.kind != rows[i].kind || !strstr(e.msg, rows[i].msg))
			fail_msg("%s: kind %d, %s", rows[i].name, (int)e.kind, e.msg);
	}
}

static void host_keys(void **state)
{
	static const struct {
		const char *log, *key;
	} keys[] = {
		{ SHOWN, "ssh-ed25519 SHA256:abc" },
		{ D "x\n" SHOWN DENIED, "ssh-ed25519 SHA256:abc" },
		{ D "Server host certificate: ssh-rsa-cert-v01@openssh.com SHA256:x, serial 3\n",
			"ssh-rsa-cert-v01@openssh.com SHA256:x" },
		{ "Server host key: ssh-ed25519 SHA256:abc\n", NULL },
		{ D "Server host key: word\n", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		AUTO(str) char *key = complaint_host_key(keys[i].log);

		if (!keys[i].key)
			assert_null(key);
		else
			assert_string_equal(key, keys[i].key);
	}
}

/* By the host or a jump host; not where something else was said. */
static void too_early(void **state)
{
	static const struct {
		const char *log;
		bool want;
	} cases[] = {
		{ "", false },
		{ "kex_exchange_identification: Connection closed by remote host\r\n"
		  "Connection closed by 192.0.2.1 port 22\r\n",
			true },
		{ "kex_exchange_identification: read: Connection reset by peer\r\n"
		  "Connection reset by 192.0.2.1 port 22\r\n",
			true },
		{ D "x\nkex_exchange_identification: read: Connection reset by peer\n"
		    "kex_exchange_identification: Connection closed by remote host\n"
		    "Connection closed by UNKNOWN port 65535\n",
			true },
		{ "deploy@jump: Permission denied (publickey).\r\n"
		  "kex_exchange_identification: Connection closed by remote host\r\n",
			false },
		{ "ssh: connect to host jump port 22: Connection refused\r\n"
		  "banner exchange: Connection to UNKNOWN port 65535: Broken pipe\r\n",
			false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (complaint_too_early(cases[i].log) != cases[i].want)
			fail_msg("%s", cases[i].log);
}

/* Of several at once, each has its own channel. */
static void forwards(void **state)
{
#define ASKED(to) D "channel_connect_stdio_fwd: " to "\n"
#define NEW(n)    D "channel " #n ": new stdio-forward [stdio-forward] (inactive timeout: 0)\n"
	static const struct {
		const char *log, *to, *why;
	} cases[] = {
		{ ASKED("h:24") NEW(
			  2) "channel 2: open failed: connect failed: Connection refused\r\n",
			"h:24", "connect failed: Connection refused" },
		{ ASKED("h:24") NEW(2) ASKED("h:25") NEW(
			  3) "channel 3: open failed: administratively prohibited: open failed\n"
			     "channel 2: open failed: connect failed: No route to host\n",
			"h:24", "connect failed: No route to host" },
		{ ASKED("h:24") NEW(2) ASKED("h:25") NEW(
			  3) "channel 3: open failed: administratively prohibited: open failed\n",
			"h:24", NULL },
		{ ASKED("h:24") NEW(2) ASKED("h:24") NEW(
			  3) "channel 2: open failed: administratively prohibited: open failed\n",
			"h:24", "administratively prohibited: open failed" },
		{ ASKED("h:24") NEW(2) ASKED("h:24") NEW(3) "channel 3: open failed: x\n",
			"h:24", "x" },
		{ ASKED("h:24") NEW(2) ASKED("h:25") NEW(2) "channel 2: open failed: x\n",
			"h:24", NULL },
		{ ASKED("h:24") NEW(2) "channel 21: open failed: x\n", "h:24", NULL },
		{ ASKED("h:24") NEW(99999999999999999999) "channel 2: open failed: x\n",
			"h:24", NULL },
		{ ASKED("xh:24") NEW(2) "channel 2: open failed: x\n", "h:24", NULL },
		{ D "channel_connect_stdio_fwd h:24\n" NEW(
			  2) "channel 2: open failed: a\033b\n",
			"h:24", "a b" },
		{ "", "h:24", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str) char *why = complaint_forward(cases[i].log, cases[i].to);

		if (!cases[i].why)
			assert_null(why);
		else
			assert_string_equal(why, cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_out),
		cmocka_unit_test(host_keys),
		cmocka_unit_test(too_early),
		cmocka_unit_test(forwards),
	};

	setenv("HOME", "/nowhere", 1); /* nobody's keys */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
