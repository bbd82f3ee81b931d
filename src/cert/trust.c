#include "base/alloc.h"
#include "base/clock.h"
#include "cert/private/cert.h"
#include "cert/private/memo.h"
#include "cert/private/openssl.h"

#include <dirent.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

struct trust {
	X509_STORE *store;
	struct memo *memo;
};

/* As c_rehash names its links: eight hexadecimal digits, a dot, a number. */
static bool is_hash_link(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] &&
		strspn(name + 9, "0123456789") == strlen(name + 9);
}

static bool is_hashed(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = is_hash_link(entry->d_name);
	if (dir)
		closedir(dir);
	return found;
}

static const char *from_env(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	return value && *value ? value : otherwise;
}

/*
 * The directory costs nothing until a root is looked up; parsing the bundle of all roots
 * costs 20 ms, so it is for systems that have nothing else, and for SSL_CERT_FILE.
 */
static bool add_system(X509_STORE *store, struct err *e)
{
	const char *dir =
		from_env(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
	const char *file = from_env(X509_get_default_cert_file_env(), NULL);

	if (!file && !is_hashed(dir))
		file = X509_get_default_cert_file();
	if (!X509_STORE_load_path(store, dir))
		return err_openssl(e, "trusted roots in %s", dir);
	/* Where there is no bundle either, only extra roots count: verifying says it. */
	if (file && !X509_STORE_load_file(store, file))
		ERR_clear_error();
	return true;
}

struct trust *trust_new(const char *extra_pem_file, struct err *e)
{
	AUTO(x509_store) X509_STORE *store = X509_STORE_new();
	struct trust *t;

	if (!store) {
		err_openssl(e, "trusted roots");
		return NULL;
	}
	if (!add_system(store, e))
		return NULL;
	if (extra_pem_file && !X509_STORE_load_file(store, extra_pem_file)) {
		err_openssl(e, "trusted roots in %s", extra_pem_file);
		return NULL;
	}
	t = xcalloc(1, sizeof *t);
	t->store = TAKE(store);
	t->memo = memo_new();
	return t;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	X509_STORE_free(t->store);
	memo_free(t->memo);
	free(t);
}

static bool explain(X509_STORE_CTX *ctx, struct err *e)
{
	AUTO(cert) struct cert *c = cert_from_x509(X509_STORE_CTX_get_current_cert(ctx));
	int why = X509_STORE_CTX_get_error(ctx),
	    depth = X509_STORE_CTX_get_error_depth(ctx);
	size_t n;
	const char *const *names = cert_names(c, &n);
	const char *subject = *cert_subject_name(c) || !n ? cert_subject_name(c) : names[0];
	const char *issuer = cert_issuer_name(c);

	switch (why) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return err_set(e, ERR_TLS, "certificate %d (%s) expired on %s", depth,
			subject, time_openssl(cert_not_after(c)).s);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return err_set(e, ERR_TLS, "certificate %d (%s) is valid only from %s on",
			depth, subject, time_openssl(cert_not_before(c)).s);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return err_set(e, ERR_TLS,
			"certificate %d (%s): its issuer (%s) is neither in the chain nor a "
			"trusted root",
			depth, subject, issuer);
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return err_set(e, ERR_TLS,
			"certificate %d (%s) is self-signed and not a trusted root", depth,
			subject);
	case X509_V_ERR_INVALID_PURPOSE:
		return err_set(e, ERR_TLS, "certificate %d (%s) is not for TLS servers",
			depth, subject);
	case X509_V_ERR_INVALID_CA:
		return err_set(
			e, ERR_TLS, "certificate %d (%s) is not a CA's", depth, subject);
	default:
		return err_set(e, ERR_TLS, "certificate %d (%s): %s", depth, subject,
			X509_verify_cert_error_string(why));
	}
}

/* What of the failure matters to those who know that a server has sent the chain. */
static void blame(X509_STORE_CTX *ctx, const struct chain *c, struct chain_path *path)
{
	const int why = X509_STORE_CTX_get_error(ctx);

	path->untimely =
		why == X509_V_ERR_CERT_HAS_EXPIRED || why == X509_V_ERR_CERT_NOT_YET_VALID;
	if (X509_STORE_CTX_get_error_depth(ctx) == 0 &&
		(why == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
			why == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE))
		snprintf(path->missing, sizeof path->missing, "%s",
			cert_issuer_name(c->certs[0]));
}

static void ends_first(struct chain_path *path, X509 *x)
{
	AUTO(cert) struct cert *c = cert_from_x509(x);

	path->until = cert_not_after(c);
	snprintf(path->ends, sizeof path->ends, "%s", cert_subject_name(c));
}

static bool is_sent(const struct chain *c, size_t i, const STACK_OF(X509) * way)
{
	for (int k = 0; k < sk_X509_num(way); k++)
		if (X509_cmp(sk_X509_value(way, k), c->certs[i]->x509) == 0)
			return true;
	return false;
}

static void describe(
	const STACK_OF(X509) * way, const struct chain *c, struct chain_path *path)
{
	path->from = cert_not_before(c->certs[0]);
	path->until = cert_not_after(c->certs[0]);
	for (int i = 1; i < sk_X509_num(way); i++) {
		X509 *x = sk_X509_value(way, i);
		const time_t from = cert_time(X509_get0_notBefore(x));

		if (from > path->from)
			path->from = from;
		if (cert_time(X509_get0_notAfter(x)) < path->until)
			ends_first(path, x);
	}
	for (size_t i = 0; i < c->n; i++)
		path->sent |= is_sent(c, i, way) ? 1U << i : 0;
}

static bool verify(const struct chain *c, const struct trust *t, struct chain_path *path,
	struct err *e)
{
	AUTO(x509_store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *sent = sk_X509_new_null();
	bool ok = ctx && sent && c->n > 0;

	for (size_t i = 1; ok && i < c->n; i++)
		ok = sk_X509_push(sent, c->certs[i]->x509) > 0;
	ok = ok && X509_STORE_CTX_init(ctx, t->store, c->certs[0]->x509, sent) &&
		X509_STORE_CTX_set_default(ctx, "ssl_server");
	if (!ok) {
		err_openssl(e, "nothing to verify");
	} else if (X509_verify_cert(ctx) == 1) {
		describe(X509_STORE_CTX_get0_chain(ctx), c, path);
	} else {
		blame(ctx, c, path);
		ok = X509_STORE_CTX_get_current_cert(ctx)
			? explain(ctx, e)
			: err_openssl(e, "%s",
				  X509_verify_cert_error_string(
					  X509_STORE_CTX_get_error(ctx)));
	}
	sk_X509_free(sent);
	ERR_clear_error();
	return ok;
}

bool chain_find_path(const struct chain *c, const struct trust *t, struct chain_path *path,
	struct err *e)
{
	*path = (struct chain_path){ 0 };
	if (memo_find(t->memo, c, clock_now(), path))
		return true;
	if (!verify(c, t, path, e))
		return false;
	memo_keep(t->memo, c, path);
	return true;
}

bool chain_verify(const struct chain *c, const struct trust *t, struct err *e)
{
	struct chain_path path;

	return chain_find_path(c, t, &path, e);
}

bool chain_issuer(const struct chain *c, const struct trust *t, struct sha256 *d)
{
	AUTO(x509_store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *top = c->certs[c->n - 1]->x509, *issuer = NULL;
	AUTO(cert) struct cert *found = NULL;

	if (!ctx || !X509_STORE_CTX_init(ctx, t->store, top, NULL) ||
		X509_STORE_CTX_get1_issuer(&issuer, ctx, top) != 1) {
		ERR_clear_error();
		return false;
	}
	found = cert_from_x509(issuer);
	X509_free(issuer);
	*d = cert_sha256(found);
	return true;
}
