#include "ssh/private/scan.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/wait.h"
#include "ssh/private/dial.h"
#include "ssh/private/hostkey.h"
#include "ssh/private/kex.h"
#include "ssh/private/known_hosts.h"
#include "ssh/private/patience.h"
#include "ssh/private/printable.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Of what it says before its banner (RFC 4253 4.2). */
enum { MAX_GREETING = 8192 };

static const char banner[] = "SSH-2.0-certpush\r\n";

/* One connection. */
struct line {
	struct dialed dialed;
	int64_t deadline;
	struct buf in;
	bool greeted; /* its banner has come */
};

static void hang_up(struct line *l)
{
	if (l->dialed.fd >= 0)
		dialed_end(&l->dialed);
	buf_clear(&l->in);
}
DEFINE_AUTO_VALUE(struct line, line, hang_up)

/* A proxy that died has told why on its standard error. */
static bool broken(const struct line *l, struct err *e)
{
	char why[160];

	dialed_complaint(l->dialed.proxy_err, why, sizeof why);
	if (*why)
		return err_set(e, ERR_NET, "proxy command: %s", why);
	return err_set(e, ERR_NET, "%s: the host hung up",
		l->greeted ? "key exchange" : "no SSH banner");
}

static bool receive(struct line *l, struct err *e)
{
	char data[8192];
	ssize_t n;

	if (!wait_fd(l->dialed.fd, POLLIN, l->deadline, e))
		return err_wrap(e, "asking for host keys");
	n = recv(l->dialed.fd, data, sizeof data, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return broken(l, e);
	buf_add(&l->in, data, (size_t)n);
	return true;
}

static bool transmit(struct line *l, const void *data, size_t len, struct err *e)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = send(l->dialed.fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			if (!wait_fd(l->dialed.fd, POLLOUT, l->deadline, e))
				return false;
		} else if (n < 0 && errno != EINTR) {
			return broken(l, e);
		}
		p += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* The first whole line of what has come, its end cut off; false if there is none yet. */
static bool next_line(struct line *l, struct buf *line)
{
	const char *nl = memchr(l->in.data, '\n', l->in.len);
	size_t used = nl ? (size_t)(nl - l->in.data) + 1 : 0;

	if (!nl)
		return false;
	buf_reset(line);
	buf_add(line, l->in.data, used - 1);
	if (line->len && line->data[line->len - 1] == '\r')
		buf_truncate(line, line->len - 1);
	memmove(l->in.data, l->in.data + used, l->in.len - used);
	buf_truncate(&l->in, l->in.len - used);
	return true;
}

/* Not SSH: told with the beginning of what it said, as is "Exceeded MaxStartups". */
static bool no_ssh(const struct buf *line, struct err *e)
{
	AUTO(str) char *said = xstrndup(line->data, line->len < 60 ? line->len : 60);

	for (char *p = said; *p; p++)
		*p = printable(*p);
	return err_set(e, ERR_NET, "no SSH banner%s%s", *said ? ": " : "", said);
}

static bool greet(struct line *l, struct err *e)
{
	AUTO(buf) struct buf line = BUF_EMPTY;
	size_t said = 0;

	if (!transmit(l, banner, strlen(banner), e))
		return false;
	while (!l->greeted) {
		if (!next_line(l, &line)) {
			if (l->in.len + said > MAX_GREETING)
				return no_ssh(&l->in, e);
			if (!receive(l, e))
				return false;
			continue;
		}
		said += line.len + 1;
		l->greeted = text_starts(line.data, "SSH-2.0-") ||
			text_starts(line.data, "SSH-1.99-");
		if (!l->greeted && (said > MAX_GREETING || text_starts(line.data, "SSH-")))
			return no_ssh(&line, e);
	}
	return true;
}

static bool message(struct line *l, struct buf *payload, struct err *e)
{
	bool got = false;

	while (kex_take(&l->in, payload, &got, e) && !got)
		if (!receive(l, e))
			return false;
	return got;
}

/* ---- which keys ---- */

/* A server's key types, by their places in hostkey.h's table. */
struct wanted {
	bool asked; /* what it has is known */
	struct {
		const char *type, *algorithm;
	} list[HOSTKEY_TYPES];
	size_t n, next;
};

static void choose(struct wanted *w, const struct kex_offer *o)
{
	const char *type, *algorithm;

	for (size_t i = 0; hostkey_type(i, &type, &algorithm); i++) {
		if (!kex_list_has(&o->lists[KEX_HOST_KEYS], algorithm) ||
			(w->n && text_eq(w->list[w->n - 1].type, type)))
			continue;
		w->list[w->n].type = type;
		w->list[w->n++].algorithm = algorithm;
	}
	w->asked = true;
}

static bool no_method(const struct kex_offer *o, struct err *e)
{
	const struct kex_list *l = &o->lists[KEX_METHODS];
	AUTO(str) char *names = xstrndup(l->s, l->len < 200 ? l->len : 200);

	for (char *p = names; *p; p++)
		*p = printable(*p);
	return err_set(e, ERR_PROTOCOL,
		"no key exchange in common for asking after host keys, it has only %s",
		names);
}

static bool keep(
	struct scanned_keys *keys, const char *type, struct buf *blob, struct err *e)
{
	AUTO(str) char *shown = key_blob_type(blob->data, blob->len);

	if (!text_eq(shown, type))
		return err_set(e, ERR_PROTOCOL, "it was asked for a key of type %s", type);
	GROW(keys->list, keys->n);
	keys->list[keys->n++] = (struct scanned_key){ TAKE(shown), *blob };
	buf_init(blob);
	return true;
}

static bool exchange(struct line *l, const struct kex_offer *o, const char *algorithm,
	struct buf *blob, struct err *e)
{
	AUTO(buf) struct buf init = BUF_EMPTY, begin = BUF_EMPTY, out = BUF_EMPTY;
	AUTO(buf) struct buf payload = BUF_EMPTY;

	if (!kex_answer(o, algorithm, &init, &begin))
		return no_method(o, e);
	kex_put(&out, &init);
	kex_put(&out, &begin);
	return transmit(l, out.data, out.len, e) && message(l, &payload, e) &&
		kex_host_key(&payload, blob, e);
}

/* The next key of those that are wanted; the first connection tells which there are. */
static bool one_key(
	struct line *l, struct wanted *w, struct scanned_keys *keys, struct err *e)
{
	AUTO(buf) struct buf offer = BUF_EMPTY, blob = BUF_EMPTY;
	struct kex_offer o;

	if (!greet(l, e) || !message(l, &offer, e) || !kex_offer_read(&o, &offer, e))
		return false;
	if (!w->asked)
		choose(w, &o);
	if (w->n == 0)
		return err_set(e, ERR_PROTOCOL, "it has no host key of a type we know");
	if (!exchange(l, &o, w->list[w->next].algorithm, &blob, e) ||
		!keep(keys, w->list[w->next].type, &blob, e))
		return false;
	w->next++;
	return true;
}

/* *again: closed before a word was said, as sshd's MaxStartups does. */
static bool connection(const struct ssh_config *c, struct wanted *w,
	struct scanned_keys *keys, int64_t deadline, bool *again, struct err *e)
{
	AUTO(line) struct line l = { .dialed.fd = -1, .deadline = deadline };

	*again = false;
	buf_init(&l.in);
	if (!dial(c, deadline, &l.dialed, e))
		return false;
	if (one_key(&l, w, keys, e))
		return true;
	*again = !l.greeted && e->kind == ERR_NET && patience_for_proxy(l.dialed.proxy_err);
	return false;
}

bool scan(const struct ssh_config *c, struct scanned_keys *keys, int64_t deadline,
	struct err *e)
{
	struct wanted w = { .asked = false };
	bool again;

	do {
		struct patience p = PATIENCE;

		while (!connection(c, &w, keys, deadline, &again, e))
			if (!again || !patience_wait(&p, deadline, e))
				return false;
	} while (w.next < w.n);
	return true;
}

void scanned_keys_clear(struct scanned_keys *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->list[i].type);
		buf_clear(&k->list[i].blob);
	}
	free(k->list);
	*k = (struct scanned_keys)SCANNED_KEYS_EMPTY;
}
