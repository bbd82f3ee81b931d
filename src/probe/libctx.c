#include "probe/private/libctx.h"
#include "base/macros.h"
#include "base/text.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <string.h>

static OSSL_PROVIDER *whole; /* OpenSSL's default one, to which everything is handed on */

/* --- the provider --- */

/* Keys that agree on others sign nothing: nobody can show that one is his own. */
static bool signs(const OSSL_ALGORITHM *a)
{
	static const char *const others[] = { "DH", "X25519", "X448" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (text_starts(a->algorithm_names, others[i]))
			return false;
	return true;
}

/* "provider=default,fips=yes,input=der,structure=SubjectPublicKeyInfo" */
static bool reads_certificates(const OSSL_ALGORITHM *a)
{
	return strstr(a->property_definition, "input=der") &&
		strstr(a->property_definition, "structure=SubjectPublicKeyInfo") &&
		signs(a);
}

static OSSL_ALGORITHM decoders[32]; /* the last one has no name */

static bool choose(void)
{
	int unused;
	const OSSL_ALGORITHM *all =
		OSSL_PROVIDER_query_operation(whole, OSSL_OP_DECODER, &unused);
	size_t n = 0;

	for (; all && all->algorithm_names && n < ARRAY_LEN(decoders) - 1; all++)
		if (reads_certificates(all))
			decoders[n++] = *all;
	return n > 0;
}

/* By any thread, at any time. */
static const OSSL_ALGORITHM *query(void *ctx, int operation, int *no_cache)
{
	const OSSL_ALGORITHM *all =
		OSSL_PROVIDER_query_operation(whole, operation, no_cache);

	(void)ctx;
	return operation == OSSL_OP_DECODER ? decoders : all;
}

static int capabilities(void *ctx, const char *of, OSSL_CALLBACK *take, void *arg)
{
	(void)ctx;
	return OSSL_PROVIDER_get_capabilities(whole, of, take, arg);
}

static int init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
	const OSSL_DISPATCH **out, void **ctx)
{
	static const OSSL_DISPATCH calls[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities },
		{ 0, NULL },
	};

	(void)handle, (void)in;
	*out = calls;
	*ctx = OSSL_PROVIDER_get0_provider_ctx(whole); /* the algorithms are its own */
	return 1;
}

/* --- where it is used --- */

static int look_at(OSSL_PROVIDER *p, void *ctx)
{
	bool *only = ctx;

	*only = *only && text_eq(OSSL_PROVIDER_get0_name(p), "default");
	return 1;
}

/* Asking for "default" brings it in, if nothing else was configured. */
static bool is_all_there_is(void)
{
	bool only = OSSL_PROVIDER_available(NULL, "default");

	return OSSL_PROVIDER_do_all(NULL, look_at, &only) && only;
}

static OSSL_LIB_CTX *made;

static void make(void)
{
	static const char name[] = "certpush";

	if (OpenSSL_version_num() >= 0x30200000 || !is_all_there_is())
		return;
	whole = OSSL_PROVIDER_load(NULL, "default");
	made = whole && choose() ? OSSL_LIB_CTX_new() : NULL;
	if (made && OSSL_PROVIDER_add_builtin(made, name, init) &&
		OSSL_PROVIDER_load(made, name))
		return;
	OSSL_LIB_CTX_free(made);
	made = NULL;
}

OSSL_LIB_CTX *probe_libctx(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make);
	return made;
}
