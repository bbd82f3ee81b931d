/*
 * A known_hosts file with a key more, or another one: nothing else of it changes.
 */
#include "check.h"
#include "ssh/private/known_edit.h"

#include "digest/digest.h"
#include "ssh/private/known_hosts.h"

/* Blobs: a type, and a few bytes that stand for a key. */
#define ED_A  "AAAAC3NzaC1lZDI1NTE5AAAAAUE="
#define ED_B  "AAAAC3NzaC1lZDI1NTE5AAAAAUI="
#define RSA_A "AAAAB3NzaC1yc2EAAAABQQ=="
/* HMAC-SHA1 of linode.example.net, keyed with 0123456789abcdefghij. */
#define HASHED "|1|MDEyMzQ1Njc4OWFiY2RlZmdoaWo=|YaoRSn9JlGoz8IGoj2qbFbTUToQ="

static struct buf blob_of(const char *base64)
{
	struct buf b = BUF_EMPTY;

	assert_true(base64_decode(&b, base64, strlen(base64)));
	return b;
}

static void adds(void **state)
{
	static const struct {
		const char *before, *name, *after;
	} rows[] = {
		{ "", "linode", "linode ssh-ed25519 " ED_A "\n" },
		{ "# mine\n\n", "[linode]:2222",
			"# mine\n\n[linode]:2222 ssh-ed25519 " ED_A "\n" },
		{ "ovh ssh-rsa " RSA_A, "linode",
			"ovh ssh-rsa " RSA_A "\nlinode ssh-ed25519 " ED_A "\n" },
		{ "ovh x\r\nbad", "linode", "ovh x\r\nbad\nlinode ssh-ed25519 " ED_A "\n" },
	};
	AUTO(buf) struct buf blob = blob_of(ED_A);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf text = BUF_EMPTY;

		buf_puts(&text, rows[i].before);
		assert_false(known_edit_hashes(&text));
		known_edit_add(&text, rows[i].name, "ssh-ed25519", &blob, false);
		assert_string_equal(text.data, rows[i].after);
	}
}

/* Another salt each time, and found again. */
static void adds_hashed(void **state)
{
	AUTO(buf) struct buf blob = blob_of(ED_A), text = BUF_EMPTY;
	AUTO(known_hosts) struct known_hosts k = KNOWN_HOSTS_EMPTY;

	(void)state;
	buf_puts(&text, "# a\n" HASHED " ssh-ed25519 " ED_B "\n");
	assert_true(known_edit_hashes(&text));
	known_edit_add(&text, "[ovh]:2222", "ssh-ed25519", &blob, true);
	known_edit_add(&text, "[ovh]:2222", "ssh-ed25519", &blob, true);
	assert_null(strstr(text.data, "ovh"));
	known_hosts_parse(&k, "kh", text.data, text.len, "ovh", 2222);
	assert_int_equal(k.n, 2);
	assert_int_equal(k.keys[0].line, 3);
}

static const struct row {
	const char *name, *before;
	int line;
	const char *after; /* NULL: refused, as it says … */
	const char *why;
} rows[] = {
	{ "alone", "# x\nlinode.example.net ssh-ed25519 " ED_A " root@x\r\nb c\n", 2,
		"# x\nlinode.example.net ssh-ed25519 " ED_B " root@x\r\nb c\n", NULL },
	{ "hashed", HASHED " ssh-ed25519 " ED_A, 1, HASHED " ssh-ed25519 " ED_B, NULL },
	{ "upper case", "Linode.Example.Net ssh-ed25519 " ED_A "\n", 1,
		"Linode.Example.Net ssh-ed25519 " ED_B "\n", NULL },
	{ "first of a list", "linode.example.net,ovh ssh-ed25519 " ED_A "\n", 1,
		"ovh ssh-ed25519 " ED_A "\nlinode.example.net ssh-ed25519 " ED_B "\n",
		NULL },
	{ "middle of a list", "a,Linode.example.net,ovh\tssh-ed25519\t" ED_A " c", 1,
		"a,ovh\tssh-ed25519\t" ED_A " c\nlinode.example.net ssh-ed25519 " ED_B "\n",
		NULL },
	{ "last of a list", "a,linode.example.net ssh-ed25519 " ED_A "\nz\n", 1,
		"a ssh-ed25519 " ED_A "\nz\nlinode.example.net ssh-ed25519 " ED_B "\n",
		NULL },
	{ "a pattern", "*.example.net ssh-ed25519 " ED_A "\n", 1, NULL,
		"line 1 is for other hosts too (*.example.net)" },
	{ "a list with a pattern", "linode.example.net,*.org ssh-ed25519 " ED_A "\n", 1,
		NULL, "for other hosts too" },
	{ "another host by now", "ovh ssh-ed25519 " ED_A "\n", 1, NULL,
		"has changed meanwhile" },
	{ "another type by now", "linode.example.net ssh-rsa " RSA_A "\n", 1, NULL,
		"has changed meanwhile" },
	{ "shorter by now", "", 3, NULL, "has changed meanwhile" },
	{ "revoked", "@revoked linode.example.net ssh-ed25519 " ED_A "\n", 1, NULL,
		"has changed meanwhile" },
	{ "an authority", "@cert-authority linode.example.net ssh-ed25519 " ED_A "\n", 1,
		NULL, "has changed meanwhile" },
};

static void replaces(void **state)
{
	AUTO(buf) struct buf blob = blob_of(ED_B);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		AUTO(buf) struct buf text = BUF_EMPTY;
		struct err e = { 0 };
		bool done;

		buf_puts(&text, r->before);
		done = known_edit_replace(
			&text, r->line, "linode.example.net", "ssh-ed25519", &blob, &e);
		if (done != (r->after != NULL))
			fail_msg("%s: %s", r->name, done ? "done" : e.msg);
		if (strcmp(text.data, done ? r->after : r->before) != 0)
			fail_msg("%s: %s", r->name, text.data);
		if (!done && !strstr(e.msg, r->why))
			fail_msg("%s: %s", r->name, e.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds),
		cmocka_unit_test(adds_hashed),
		cmocka_unit_test(replaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
