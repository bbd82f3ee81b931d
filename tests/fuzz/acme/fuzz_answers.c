#include "acme/private/acme.h"

#include <stdlib.h>
#include <string.h>

/* What is offered has what it needs. */
static bool is_sound(const struct acme_authorization *z)
{
	for (int m = 0; m < ACME_METHODS; m++) {
		const struct acme_challenge *c = &z->challenges[m];

		if (!c->url && (c->token || c->n_issuers > 0 || c->account))
			return false;
		if (c->url && !c->token == (c->n_issuers == 0))
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void tell_problem(const struct buf *text)
{
	AUTO(json) cJSON *o = json_read(text);
	AUTO(buf) struct buf line = BUF_EMPTY;
	char word[48];

	if (!o)
		return;
	problem_word(o, word, sizeof word);
	problem_tell(o, &line);
}

static void note(void *ctx, const char *url)
{
	buf_puts(ctx, url);
}

/* The first byte picks what the rest is read as. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(buf) struct buf pem = BUF_EMPTY;
	AUTO(acme_order) struct acme_order o = { 0 };
	AUTO(acme_authorization) struct acme_authorization z = { 0 };
	AUTO(acme_renewal) struct acme_renewal w = { 0 };
	struct err e;

	if (len == 0)
		return 0;
	buf_add(&text, data + 1, len - 1);
	switch (data[0]) {
	case 'p':
		tell_problem(&text);
		break;
	case 'o':
		if (order_read(&text, &o, &e) && !o.finalize)
			abort();
		break;
	case 'z':
		if (authorization_read(&text, &z, &e) && !is_sound(&z))
			abort();
		break;
	case 'w':
		if (renewal_read(&text, &w, &e) && w.end <= w.start)
			abort();
		break;
	case 'l':
		links_read(text.data, "alternate", note, &pem);
		break;
	default:
		if (chain_read(&text, &pem, &e) && strstr(pem.data, "KEY---"))
			abort();
		break;
	}
	return 0;
}
