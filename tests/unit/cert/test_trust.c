/* From a leaf to a root that is trusted, or the reason why not. */
#include "base/alloc.h"
#include "base/fs.h"
#include "cert/cert.h"
#include "check.h"
#include "issue.h"

#include <sys/stat.h>

static struct issued root, inter, other;

static int make_cas(void **state)
{
	(void)state;
	unsetenv("SSL_CERT_FILE");
	root = issue(&(struct wish){ .cn = "Root", .ca = "critical,CA:TRUE" }, NULL);
	other = issue(&(struct wish){ .cn = "Other", .ca = "critical,CA:TRUE" }, NULL);
	inter = issue(&(struct wish){ .cn = "Inter", .ca = "critical,CA:TRUE" }, &root);
	return 0;
}

static int drop_cas(void **state)
{
	(void)state;
	issued_clear(&root);
	issued_clear(&inter);
	issued_clear(&other);
	return 0;
}

static char *write_pem(const char *dir, const char *file, const struct issued *i)
{
	AUTO(buf) struct buf pem = BUF_EMPTY;
	char *path = xasprintf("%s/%s", dir, file);
	struct err e;

	issue_pem(i, &pem);
	assert_ok(fs_write(path, pem.data, pem.len, 0644, &e), &e);
	return path;
}

/* A system with the one root, as c_rehash lays it out. */
static struct trust *system_with(const char *dir, const struct issued *i, const char *extra)
{
	AUTO(str) char *link = xasprintf("%08lx.0", X509_subject_name_hash(i->x509));
	AUTO(str) char *path = write_pem(dir, link, i);
	struct trust *t;
	struct err e;

	setenv("SSL_CERT_DIR", dir, 1);
	t = trust_new(extra, &e);
	unsetenv("SSL_CERT_DIR");
	if (!t)
		fail_msg("%s", e.msg);
	return t;
}

static struct chain chain_of(const struct issued *leaf, const struct issued *next)
{
	STACK_OF(X509) *sk = sk_X509_new_null();
	struct chain c;
	struct err e;

	sk_X509_push(sk, leaf->x509);
	if (next)
		sk_X509_push(sk, next->x509);
	assert_ok(chain_from_stack(sk, NULL, &c, &e), &e);
	sk_X509_free(sk);
	return c;
}

#define NET   .san = "DNS:www.example.net"
#define DAYS2 (2L * 24 * 3600)

static void leads_to_a_hashed_root(void **state)
{
	AUTO(trust) struct trust *t = system_with(*state, &root, NULL);
	AUTO(issued) struct issued leaf = issue(&(struct wish){ NET }, &inter);
	AUTO(chain) struct chain c = chain_of(&leaf, &inter);
	struct err e;

	assert_ok(chain_verify(&c, t, &e), &e);
}

static void extra_roots_count_too(void **state)
{
	AUTO(str) char *extra = write_pem(*state, "extra.pem", &root);
	AUTO(trust) struct trust *t = system_with(*state, &other, extra);
	AUTO(issued) struct issued leaf = issue(&(struct wish){ NET }, &inter);
	AUTO(issued) struct issued direct = issue(&(struct wish){ NET }, &other);
	AUTO(chain) struct chain c = chain_of(&leaf, &inter);
	AUTO(chain) struct chain d = chain_of(&direct, NULL);
	struct err e;

	assert_ok(chain_verify(&c, t, &e), &e);
	assert_ok(chain_verify(&d, t, &e), &e);
}

static void says_why_not(void **state)
{
	static const struct {
		struct wish wish;
		struct issued *by, *next;
		const char *message;
	} rows[] = {
		{ { NET }, &inter, NULL,
			"certificate 0 (www.example.net): its issuer (Inter) is neither in the "
			"chain nor a trusted root" },
		{ { NET }, &inter, &other, "(Inter) is neither" },
		{ { NET }, &other, NULL, "its issuer (Other) is neither" },
		{ { NET }, &other, &other, "certificate 1 (Other) is self-signed and not" },
		{ { .cn = "self", NET }, NULL, NULL,
			"certificate 0 (self) is self-signed and not a trusted root" },
		{ { NET, .from = -2 * DAYS2, .to = -DAYS2 }, &inter, &inter,
			"certificate 0 (www.example.net) expired on " },
		{ { NET, .from = DAYS2, .to = 2 * DAYS2 }, &inter, &inter,
			"certificate 0 (www.example.net) is valid only from " },
		{ { NET, .eku = "clientAuth" }, &inter, &inter,
			"certificate 0 (www.example.net) is not for TLS servers" },
	};
	AUTO(trust) struct trust *t = system_with(*state, &root, NULL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(issued) struct issued leaf = issue(&rows[i].wish, rows[i].by);
		AUTO(chain) struct chain c = chain_of(&leaf, rows[i].next);
		struct err e;

		assert_err(chain_verify(&c, t, &e), &e, ERR_TLS, rows[i].message);
	}
}

/* Only roots are trusted: an intermediate that is lying about in the system is not one. */
static void an_intermediate_is_no_root(void **state)
{
	AUTO(trust) struct trust *t = system_with(*state, &inter, NULL);
	AUTO(issued) struct issued leaf = issue(&(struct wish){ NET }, &inter);
	AUTO(chain) struct chain c = chain_of(&leaf, NULL);
	struct err e;

	assert_err(chain_verify(&c, t, &e), &e, ERR_TLS,
		"certificate 1 (Inter): its issuer (Root) is neither");
}

static void a_leaf_is_no_ca(void **state)
{
	AUTO(trust) struct trust *t = system_with(*state, &root, NULL);
	AUTO(issued)
	struct issued fake = issue(&(struct wish){ .cn = "fake", .ca = "CA:FALSE" }, &root);
	AUTO(issued) struct issued leaf = issue(&(struct wish){ NET }, &fake);
	AUTO(chain) struct chain c = chain_of(&leaf, &fake);
	struct err e;

	assert_err(
		chain_verify(&c, t, &e), &e, ERR_TLS, "certificate 1 (fake) is not a CA's");
}

static void an_empty_chain_is_not_verified(void **state)
{
	AUTO(trust) struct trust *t = system_with(*state, &root, NULL);
	struct chain c = { 0 };
	struct err e;

	assert_err(chain_verify(&c, t, &e), &e, ERR_TLS, "nothing to verify");
}

static void a_root_file_must_be_there(void **state)
{
	AUTO(str) char *path = xasprintf("%s/none.pem", (char *)*state);
	AUTO(trust) struct trust *none = NULL;
	struct err e;

	assert_err((none = trust_new(path, &e)) != NULL, &e, ERR_TLS, "none.pem");
	assert_ok(fs_write(path, "junk\n", 5, 0644, &e), &e);
	assert_err((none = trust_new(path, &e)) != NULL, &e, ERR_TLS, "none.pem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(leads_to_a_hashed_root),
		scratch_test(extra_roots_count_too),
		scratch_test(says_why_not),
		scratch_test(an_intermediate_is_no_root),
		scratch_test(a_leaf_is_no_ca),
		scratch_test(an_empty_chain_is_not_verified),
		scratch_test(a_root_file_must_be_there),
	};

	return cmocka_run_group_tests(tests, make_cas, drop_cas);
}
