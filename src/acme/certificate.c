#include "acme/private/acme.h"
#include "base/alloc.h"

#include <string.h>

enum { MOST_ALTERNATES = 16 };

#define MARK  "-----BEGIN"
#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END   "-----END CERTIFICATE-----"

/* RFC 8555 11.4: a CA that slips in a key, or anything else, is refused. */
static bool copy_block(const char **at, struct buf *pem, struct err *e)
{
	const char *s = *at + strlen(BEGIN);
	const char *end;

	if (strncmp(*at, BEGIN, strlen(BEGIN)) != 0)
		return err_set(e, ERR_PROTOCOL,
			"the chain holds what is no certificate: '%.*s': refused",
			(int)strcspn(*at, "\r\n") > 60 ? 60 : (int)strcspn(*at, "\r\n"),
			*at);
	end = s +
		strspn(s,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			"0123456789+/= \t\r\n");
	if (strncmp(end, END, strlen(END)) != 0)
		return err_set(e, ERR_PROTOCOL, "the chain is no PEM");
	buf_puts(pem, BEGIN);
	for (; s < end; s++)
		if (*s != '\r')
			buf_putc(pem, *s);
	buf_puts(pem, END "\n");
	*at = end + strlen(END);
	return true;
}

bool chain_read(const struct buf *in, struct buf *pem, struct err *e)
{
	const char *at = in->data;

	buf_reset(pem);
	if (strlen(in->data) != in->len)
		return err_set(e, ERR_PROTOCOL, "the chain is no text");
	while ((at = strstr(at, MARK)))
		if (!copy_block(&at, pem, e))
			return false;
	return pem->len > 0 || err_set(e, ERR_PROTOCOL, "the answer holds no certificate");
}

void acme_alternates_clear(struct acme_alternates *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->urls[i]);
	free(l->urls);
	*l = (struct acme_alternates){ 0 };
}

static void note_alternate(void *ctx, const char *url)
{
	struct acme_alternates *l = ctx;

	if (l->n == MOST_ALTERNATES || !url_good(url))
		return;
	GROW(l->urls, l->n);
	l->urls[l->n++] = xstrdup(url);
}

/* RFC 8555 7.4.2. */
static void find_alternates(const struct answer *r, struct acme_alternates *l)
{
	const char *link;
	size_t at = 0;

	while ((link = http_header(&r->http, "Link", &at)))
		links_read(link, "alternate", note_alternate, l);
}

bool acme_certificate(struct acme *a, const char *url, struct buf *pem,
	struct acme_alternates *others, int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	struct ask q = { .url = url,
		.payload = "",
		.accept = "application/pem-certificate-chain",
		.deadline = deadline };

	if (!acme_post(a, &q, &r, e))
		return err_wrap(e, "certificate");
	if (others)
		find_alternates(&r, others);
	return chain_read(&r.http.body, pem, e) || err_wrap(e, "certificate: %s", a->host);
}
