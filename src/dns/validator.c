#include "dns/private/validator.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "dns/dns.h"

void questions_clear(struct question *q, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_clear(&q[i].why);
		for (size_t k = 0; k < q[i].n_rdata; k++)
			buf_clear(&q[i].rdata[k]);
		free(q[i].rdata);
	}
}

#ifdef UNBOUND_SONAME

#include "base/library.h"
#include "base/macros.h"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound.h>

/* What is called of libunbound, without "ub_". */
/* clang-format off */
#define CALLS(X) \
	X(ctx_add_ta) X(ctx_async) X(ctx_create) X(ctx_debugout) X(ctx_delete) \
	X(ctx_set_fwd) X(ctx_set_option) X(fd) X(process) X(resolve_async) \
	X(resolve_free) X(version)
/* clang-format on */

static struct {
#define POINTER(call) __typeof__(ub_##call) *call; /* NOLINT: a name, not a value */
	CALLS(POINTER)
#undef POINTER
} unbound;

static struct err failure;

static void load(void)
{
#define NAME(call) "ub_" #call,
	static const char *const names[] = { CALLS(NAME) };
#undef NAME

	library_load(UNBOUND_SONAME, names, ARRAY_LEN(names), &unbound, &failure);
}

const char *dns_validator(struct err *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (failure.kind == ERR_NONE)
		return unbound.version();
	*why = failure;
	return NULL;
}

static void ctx_free(struct ub_ctx *ctx)
{
	unbound.ctx_delete(ctx);
}

DEFINE_AUTO(struct ub_ctx, ub_ctx, ctx_free)

/* What the first context sets up is the process's, and isn't guarded. Errors would go to
 * stderr. */
static struct ub_ctx *create(void)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct ub_ctx *ctx;

	pthread_mutex_lock(&one);
	ctx = unbound.ctx_create();
	if (ctx)
		unbound.ctx_debugout(ctx, NULL);
	pthread_mutex_unlock(&one);
	return ctx;
}

/* As unbound writes it: "192.0.2.1@53". */
static bool forward(struct ub_ctx *ctx, const struct endpoint *to)
{
	char host[64], port[8], text[sizeof host + sizeof port];

	if (getnameinfo((const struct sockaddr *)&to->addr, to->len, host, sizeof host,
		    port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	snprintf(text, sizeof text, "%s@%s", host, port);
	return unbound.ctx_set_fwd(ctx, text) == 0;
}

static bool forward_any(struct ub_ctx *ctx, const struct endpoints *to)
{
	size_t n = 0;

	for (size_t i = 0; i < to->n; i++)
		n += forward(ctx, &to->list[i]);
	return n > 0;
}

static bool trust(struct ub_ctx *ctx, const ldns_rr_list *anchors)
{
	bool ok = true;

	for (size_t i = 0; ok && i < ldns_rr_list_rr_count(anchors); i++) {
		char *text = ldns_rr2str_fmt(
			ldns_output_format_nocomments, ldns_rr_list_rr(anchors, i));

		ok = text && unbound.ctx_add_ta(ctx, text) == 0;
		free(text);
	}
	return ok;
}

/* A resolver on this machine is one too; the root's keepers needn't hear of us (RFC 8145).
 */
static bool set_options(struct ub_ctx *ctx)
{
	return unbound.ctx_set_option(ctx, "do-not-query-localhost:", "no") == 0 &&
		unbound.ctx_set_option(ctx, "trust-anchor-signaling:", "no") == 0;
}

static struct ub_ctx *context(const struct endpoints *through, const ldns_rr_list *anchors)
{
	AUTO(ub_ctx) struct ub_ctx *ctx = create();

	if (!ctx || unbound.ctx_async(ctx, 1) != 0 || !set_options(ctx) ||
		!trust(ctx, anchors) || (through && !forward_any(ctx, through)))
		return NULL;
	return TAKE(ctx);
}

static void keep(struct question *q, const struct ub_result *r)
{
	for (size_t i = 0; r->data && r->data[i]; i++) {
		GROW(q->rdata, q->n_rdata);
		buf_init(&q->rdata[q->n_rdata]);
		buf_add(&q->rdata[q->n_rdata++], r->data[i], (size_t)r->len[i]);
	}
}

static void take(void *arg, int error, struct ub_result *r)
{
	struct question *q = arg;

	q->answered = true;
	q->told = error == 0 &&
		(r->rcode == LDNS_RCODE_NOERROR || r->rcode == LDNS_RCODE_NXDOMAIN);
	if (error == 0 && r->bogus) {
		q->verdict = VERDICT_BOGUS;
		buf_printf(&q->why, "%s", r->why_bogus ? r->why_bogus : "");
	} else if (error == 0 && r->secure) {
		q->verdict = VERDICT_SECURE;
	}
	if (error == 0 && !r->bogus)
		keep(q, r);
	unbound.resolve_free(r);
}

/* Its thread leaves signals to those that know what to do with them. */
static bool begin(struct ub_ctx *ctx, struct question *q, size_t n)
{
	sigset_t all, before;
	bool ok = true;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; ok && i < n; i++)
		ok = unbound.resolve_async(ctx, q[i].name, (int)q[i].type, LDNS_RR_CLASS_IN,
			     &q[i], take, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

static bool any_open(const struct question *q, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!q[i].answered)
			return true;
	return false;
}

void validator_ask(const struct endpoints *through, const ldns_rr_list *anchors,
	struct question *q, size_t n, int64_t deadline)
{
	struct err unused;
	AUTO(ub_ctx)
	struct ub_ctx *ctx = dns_validator(&unused) ? context(through, anchors) : NULL;

	if (!ctx || !begin(ctx, q, n))
		return;
	while (any_open(q, n) && wait_fd(unbound.fd(ctx), POLLIN, deadline, &unused) &&
		unbound.process(ctx) == 0)
		;
}

#else

const char *dns_validator(struct err *why)
{
	err_set(why, ERR_CONFIG, "built without libunbound");
	return NULL;
}

void validator_ask(const struct endpoints *through, const ldns_rr_list *anchors,
	struct question *q, size_t n, int64_t deadline)
{
	(void)through, (void)anchors, (void)q, (void)n, (void)deadline;
}

#endif
