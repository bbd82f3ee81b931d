/*
 * scripted_api - a DNS provider's HTTPS API that plays a table of answers, in order, and
 * checks each request against it. What a request did wrong is kept in `trouble`, which
 * api_plays wants empty.
 */
#pragma once

#include "base/alloc.h"
#include "base/text.h"
#include "check.h"
#include "dns/private/api.h"
#include "http/tls_server.h"

#include <signal.h>

struct turn {
	const char *ask;    /* "GET /zones?name=example.net" */
	const char *header; /* a line that must be among the headers; NULL: not looked at */
	const char *body;   /* what must be sent, whole; NULL: not looked at */
	int status;
	const char *answer;  /* body */
	const char *headers; /* of the answer, "Name: value\r\n" … */
};

/* What all tests of a program share. */
static struct tls_server api_server;
static char api_base[64]; /* "https://127.0.0.1:12345" */

static struct {
	const struct turn *turns;
	size_t n, next;
	char trouble[1200];
} api_script;

static inline void api_trouble(const char *what, const char *wanted, const char *got)
{
	if (!*api_script.trouble)
		snprintf(api_script.trouble, sizeof api_script.trouble,
			"turn %zu: %s: not '%s' but '%s'", api_script.next, what, wanted,
			got);
}

static inline void api_hear(void *ctx, const struct asked *q, struct told *t)
{
	const struct turn *turn =
		api_script.next < api_script.n ? &api_script.turns[api_script.next] : NULL;
	char ask[300];

	(void)ctx;
	snprintf(ask, sizeof ask, "%s %s", q->method, q->path);
	t->status = 500;
	if (!turn) {
		api_trouble("not in the script", "", ask);
		return;
	}
	if (strcmp(ask, turn->ask) != 0)
		api_trouble("asked", turn->ask, ask);
	if (turn->header) {
		AUTO(str) char *line = xasprintf("\r\n%s\r\n", turn->header);

		if (!strstr(q->head.data, line))
			api_trouble("header", turn->header, q->head.data);
	}
	if (turn->body && strcmp(q->body.data, turn->body) != 0)
		api_trouble("body", turn->body, q->body.data);
	api_script.next++;
	t->status = turn->status ? turn->status : 200;
	buf_puts(&t->headers,
		turn->headers ? turn->headers : "Content-Type: application/json\r\n");
	buf_puts(&t->body, turn->answer ? turn->answer : "");
}

static inline int api_setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	setenv("no_proxy", "*", 1);
	if (scratch_setup(state) != 0)
		return -1;
	api_server.answer = api_hear;
	tls_server_start(&api_server, *state);
	snprintf(api_base, sizeof api_base, "https://127.0.0.1:%d", api_server.port);
	return 0;
}

static inline int api_teardown(void **state)
{
	tls_server_stop(&api_server);
	return scratch_teardown(state);
}

/* A configuration of that provider whose API is the scripted one. */
static inline struct dns_config api_config(const char *provider, const char *secret)
{
	struct dns_config c = {
		.provider = provider,
		.api = api_base,
		.ca_file = api_server.ca_file,
		.secret = BUF_EMPTY,
		.consumer_key = BUF_EMPTY,
		.ttl = 60,
		.check = DNS_CHECK_NONE,
	};

	buf_puts(&c.secret, secret);
	return c;
}

static inline void api_config_clear(struct dns_config *c)
{
	buf_clear(&c->secret);
	buf_clear(&c->consumer_key);
}
DEFINE_AUTO_VALUE(struct dns_config, api_config, api_config_clear)

static inline struct dns_record api_record(
	const struct dns_config *c, const char *domain, const char *value)
{
	return (struct dns_record){
		.config = c, .domain = domain, .token = "token", .value = value
	};
}

static inline void api_begin(const struct turn *turns, size_t n)
{
	pthread_mutex_lock(&api_server.lock);
	api_script.turns = turns;
	api_script.n = n;
	api_script.next = 0;
	*api_script.trouble = '\0';
	pthread_mutex_unlock(&api_server.lock);
}

static inline void api_end(void)
{
	pthread_mutex_lock(&api_server.lock);
	if (!*api_script.trouble && api_script.next < api_script.n)
		snprintf(api_script.trouble, sizeof api_script.trouble, "never asked: %s",
			api_script.turns[api_script.next].ask);
	pthread_mutex_unlock(&api_server.lock);
	if (*api_script.trouble)
		fail_msg("%s", api_script.trouble);
}

static inline void no_error(const struct dns_record *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (r[i].err.kind != ERR_NONE)
			fail_msg("%s: %s", r[i].domain, r[i].err.msg);
}

/* dns_present with this script: every turn must be taken. Errors are left in the records.
 */
static inline void api_adds(
	const struct turn *turns, size_t n_turns, struct dns_record *records, size_t n)
{
	api_begin(turns, n_turns);
	dns_present(records, n, NULL);
	api_end();
}

static inline void api_removes(
	const struct turn *turns, size_t n_turns, struct dns_record *records, size_t n)
{
	api_begin(turns, n_turns);
	dns_cleanup(records, n, NULL);
	api_end();
}
