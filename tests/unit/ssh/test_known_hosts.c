/*
 * What known_hosts files say about a host, as OpenSSH reads them.
 */
#include "check.h"
#include "ssh/private/known_hosts.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "digest/digest.h"
#include "ssh/private/known_lines.h"

/* Blobs: a type, and a few bytes that stand for a key. */
#define ED_A  "AAAAC3NzaC1lZDI1NTE5AAAAAUE="
#define ED_B  "AAAAC3NzaC1lZDI1NTE5AAAAAUI="
#define EC_A  "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAABQQ=="
#define RSA_A "AAAAB3NzaC1yc2EAAAABQQ=="

/* HMAC-SHA1 of linode.example.net, keyed with 0123456789abcdefghij. */
#define HASHED_22 "|1|MDEyMzQ1Njc4OWFiY2RlZmdoaWo=|YaoRSn9JlGoz8IGoj2qbFbTUToQ="

static const struct row {
	const char *name, *text;
	int port;
	const char *key; /* that the server shows */
	enum known_verdict want;
	int line;
} rows[] = {
	{ "plain", "linode.example.net ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_SAME, 1 },
	{ "comment at the end", "linode.example.net ssh-ed25519 " ED_A " root@x y\n", 22,
		ED_A, KNOWN_SAME, 1 },
	{ "no newline at the end", "linode.example.net ssh-ed25519 " ED_A, 22, ED_A,
		KNOWN_SAME, 1 },
	{ "carriage returns and tabs", "\tlinode.example.net\tssh-ed25519 \t" ED_A "\r\n",
		22, ED_A, KNOWN_SAME, 1 },
	{ "upper case in the file", "Linode.Example.NET ssh-ed25519 " ED_A "\n", 22, ED_A,
		KNOWN_SAME, 1 },
	{ "list", "a,192.0.2.1,linode.example.net ssh-ed25519 " ED_A "\n", 22, ED_A,
		KNOWN_SAME, 1 },
	{ "wildcard", "*.example.net ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_SAME, 1 },
	{ "question mark", "linod?.example.net ssh-ed25519 " ED_A "\n", 22, ED_A,
		KNOWN_SAME, 1 },
	{ "many stars", "*a*l*n*d*x*.n*t ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_NOT, 0 },
	{ "other port", "[linode.example.net]:2222 ssh-ed25519 " ED_A "\n", 2222, ED_A,
		KNOWN_SAME, 1 },
	{ "other port by wildcard", "[*.example.net]:* ssh-ed25519 " ED_A "\n", 2222, ED_A,
		KNOWN_SAME, 1 },
	{ "same key on port 22", "linode.example.net ssh-ed25519 " ED_A "\n", 2222, ED_A,
		KNOWN_SAME, 1 },
	{ "second of two keys",
		"linode.example.net ssh-ed25519 " ED_B
		"\nlinode.example.net ssh-ed25519 " ED_A "\n",
		22, ED_A, KNOWN_SAME, 2 },
	{ "a bad line is skipped",
		"linode.example.net ssh-ed25519 !!!\nlinode.example.net ssh-ed25519 " ED_A
		"\n",
		22, ED_A, KNOWN_SAME, 2 },
	{ "hashed", HASHED_22 " ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_SAME, 1 },

	{ "empty file", "", 22, ED_A, KNOWN_NOT, 0 },
	{ "comment", "#linode.example.net ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_NOT, 0 },
	{ "another host", "ovh.example.net ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_NOT,
		0 },
	{ "the name is only a part", "linode.example.net.org ssh-ed25519 " ED_A "\n", 22,
		ED_A, KNOWN_NOT, 0 },
	{ "wildcard that ends early", "linode.* x ssh-ed25519 " ED_A "\n", 22, ED_A,
		KNOWN_NOT, 0 },
	{ "negated", "*.example.net,!linode.example.net ssh-ed25519 " ED_A "\n", 22, ED_A,
		KNOWN_NOT, 0 },
	{ "negated first", "!linode.*,*.example.net ssh-ed25519 " ED_A "\n", 22, ED_A,
		KNOWN_NOT, 0 },
	{ "only negated", "!ovh.example.net ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_NOT,
		0 },
	{ "port 22 doesn't see other ports",
		"[linode.example.net]:2222 ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_NOT,
		0 },
	{ "another port", "[linode.example.net]:2223 ssh-ed25519 " ED_A "\n", 2222, ED_A,
		KNOWN_NOT, 0 },
	{ "port 22 has another key", "linode.example.net ssh-ed25519 " ED_B "\n", 2222,
		ED_A, KNOWN_NOT, 0 },
	{ "hashed, another host", "|1|AAAA|AAAA ssh-ed25519 " ED_A "\n", 22, ED_A,
		KNOWN_NOT, 0 },
	{ "hashed without hash", "|1|AAAA ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_NOT, 0 },
	{ "hashed, empty", "|1|| ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_NOT, 0 },
	{ "type isn't the blob's", "linode.example.net ssh-rsa " ED_A "\n", 22, ED_A,
		KNOWN_NOT, 0 },
	{ "SSH 1", "linode.example.net 1024 35 1234567\n", 22, ED_A, KNOWN_NOT, 0 },
	{ "no key", "linode.example.net ssh-ed25519\n", 22, ED_A, KNOWN_NOT, 0 },
	{ "unknown marker", "@cert linode.example.net ssh-ed25519 " ED_A "\n", 22, ED_A,
		KNOWN_NOT, 0 },
	{ "authority", "@cert-authority * ssh-ed25519 " ED_A "\n", 22, ED_A, KNOWN_NOT, 0 },
	{ "changed", "# one\nlinode.example.net ssh-ed25519 " ED_B "\n", 22, ED_A,
		KNOWN_CHANGED, 2 },
	{ "changed, and another type",
		"linode.example.net ssh-rsa " RSA_A "\nlinode.example.net ssh-ed25519 " ED_B
		"\n",
		22, ED_A, KNOWN_CHANGED, 2 },
	{ "other type", "linode.example.net ecdsa-sha2-nistp256 " EC_A "\n", 22, ED_A,
		KNOWN_OTHER_TYPE, 1 },
	{ "revoked", "@revoked linode.example.net ssh-ed25519 " ED_A "\n", 22, ED_A,
		KNOWN_REVOKED, 1 },
	{ "revoked for all, known by name",
		"linode.example.net ssh-ed25519 " ED_A "\n@revoked * ssh-ed25519 " ED_A
		"\n",
		22, ED_A, KNOWN_REVOKED, 2 },
	{ "revoked on port 22",
		"[linode.example.net]:2222 ssh-ed25519 " ED_A
		"\n@revoked linode.example.net ssh-ed25519 " ED_A "\n",
		2222, ED_A, KNOWN_REVOKED, 2 },
	{ "another key is revoked", "@revoked * ssh-ed25519 " ED_B "\n", 22, ED_A,
		KNOWN_NOT, 0 },
};

static void verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(known_hosts) struct known_hosts k = KNOWN_HOSTS_EMPTY;
		AUTO(buf) struct buf blob = BUF_EMPTY;
		const struct row *r = &rows[i];
		const struct known_key *at;
		enum known_verdict got;

		known_hosts_parse(
			&k, "kh", r->text, strlen(r->text), "linode.example.net", r->port);
		assert_true(base64_decode(&blob, r->key, strlen(r->key)));
		got = known_hosts_check(&k, blob.data, blob.len, &at);
		if (got != r->want || (at ? at->line : 0) != r->line)
			fail_msg("%s: verdict %d, line %d", r->name, (int)got,
				at ? at->line : 0);
	}
}

/* The salt and hash are made here: a hashed name holds the port too. */
static void hashed_with_port(void **state)
{
	static const char name[] = "[linode.example.net]:2222",
			  salt[] = "0123456789abcdefghij";
	AUTO(known_hosts) struct known_hosts k = KNOWN_HOSTS_EMPTY;
	AUTO(buf) struct buf line = BUF_EMPTY;
	uint8_t mac[64];
	size_t len = hmac_of(HMAC_SHA1, salt, 20, name, strlen(name), mac);

	(void)state;
	buf_puts(&line, "|1|");
	base64_encode(&line, salt, 20);
	buf_putc(&line, '|');
	base64_encode(&line, mac, len);
	buf_puts(&line, " ssh-ed25519 " ED_A "\n");
	known_hosts_parse(&k, "kh", line.data, line.len, "linode.example.net", 22);
	assert_int_equal(k.n, 0);
	known_hosts_parse(&k, "kh", line.data, line.len, "linode.example.net", 2222);
	assert_int_equal(k.n, 1);
	assert_false(k.keys[0].other_port);
}

static void authority_is_mentioned(void **state)
{
	AUTO(known_hosts) struct known_hosts k = KNOWN_HOSTS_EMPTY;
	static const char other[] = "@cert-authority *.org ssh-ed25519 " ED_A "\n";
	static const char ours[] = "@cert-authority *.net ssh-ed25519 " ED_A "\n";

	(void)state;
	known_hosts_parse(&k, "kh", other, strlen(other), "linode.example.net", 22);
	assert_false(k.authority);
	known_hosts_parse(&k, "kh", ours, strlen(ours), "linode.example.net", 22);
	assert_true(k.authority);
	assert_int_equal(k.n, 0);
}

static void files(void **state)
{
	AUTO(known_hosts) struct known_hosts k = KNOWN_HOSTS_EMPTY;
	struct err e = { 0 };
	char path[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/known", (char *)*state);
	assert_ok(known_hosts_read(&k, "known", path, "linode", 22, &e), &e);
	assert_int_equal(k.n, 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("linode ssh-ed25519 " ED_A "\n", f);
	fclose(f);
	assert_ok(known_hosts_read(&k, "known", path, "LINODE", 22, &e), &e);
	assert_int_equal(k.n, 1);
	assert_string_equal(k.keys[0].file, "known");
	assert_err(known_hosts_read(&k, "dir", *state, "linode", 22, &e), &e, ERR_IO, "");
}

/* Once for all hosts; again only after it has changed, and what was given out stays. */
static void files_are_read_once(void **state)
{
	AUTO(str) char *path = xasprintf("%s/known", (char *)*state);
	static const char one[] = "a ssh-ed25519 " ED_A "\n";
	static const char two[] = "a ssh-ed25519 " ED_A "\nb ssh-ed25519 " ED_B "\n";
	const struct known_lines *first, *second, *third;
	struct err e = { 0 };
	size_t n;

	assert_ok(known_lines_get(path, &first, &e), &e);
	assert_null(first);
	assert_ok(fs_write(path, one, sizeof one - 1, 0600, &e), &e);
	assert_ok(known_lines_get(path, &first, &e), &e);
	assert_ok(known_lines_get(path, &second, &e), &e);
	assert_ptr_equal(first, second);
	assert_ok(fs_write(path, two, sizeof two - 1, 0600, &e), &e);
	assert_ok(known_lines_get(path, &third, &e), &e);
	known_lines_all(first, &n);
	assert_int_equal(n, 1);
	known_lines_all(third, &n);
	assert_int_equal(n, 2);
	known_lines_forget();
}

static void types_of_blobs(void **state)
{
	char *type = key_blob_type("\0\0\0\3abc-", 8);

	(void)state;
	assert_string_equal(type, "abc");
	free(type);
	assert_null(key_blob_type("", 0));
	assert_null(key_blob_type("\0\0\0", 3));
	assert_null(key_blob_type("\0\0\0\0abc", 7));
	assert_null(key_blob_type("\0\0\0\4abc", 7));
	assert_null(key_blob_type("\0\0\0\3a\0c", 7));
	assert_null(key_blob_type("\377\377\377\377abc", 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(hashed_with_port),
		cmocka_unit_test(authority_is_mentioned),
		scratch_test(files),
		scratch_test(files_are_read_once),
		cmocka_unit_test(types_of_blobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
