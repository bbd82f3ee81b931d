#include "ssh/private/known_edit.h"
#include "base/alloc.h"
#include "base/text.h"
#include "digest/digest.h"
#include "ssh/private/known_lines.h"

#include <string.h>
#include <strings.h>

bool known_edit_hashes(const struct buf *text)
{
	AUTO(known_lines)
	struct known_lines *lines = known_lines_parse(text->data, text->len);
	size_t n;
	const struct known_line *all = known_lines_all(lines, &n);

	for (size_t i = 0; i < n; i++)
		if (all[i].mac.len)
			return true;
	return false;
}

/* sshd(8): "|1|salt|hash". */
static void put_hashed(struct buf *out, const char *name)
{
	uint8_t salt[20], mac[64];
	size_t len;

	random_bytes(salt, sizeof salt);
	len = hmac_of(HMAC_SHA1, salt, sizeof salt, name, strlen(name), mac);
	buf_puts(out, "|1|");
	base64_encode(out, salt, sizeof salt);
	buf_putc(out, '|');
	base64_encode(out, mac, len);
}

void known_edit_add(struct buf *text, const char *name, const char *type,
	const struct buf *blob, bool hashed)
{
	if (text->len && text->data[text->len - 1] != '\n')
		buf_putc(text, '\n');
	if (hashed)
		put_hashed(text, name);
	else
		buf_puts(text, name);
	buf_printf(text, " %s ", type);
	base64_encode(text, blob->data, blob->len);
	buf_putc(text, '\n');
}

/* Put other bytes in place of those from `at` on. */
static void splice(
	struct buf *text, size_t at, size_t len, const void *with, size_t with_len)
{
	AUTO(buf) struct buf rest = BUF_EMPTY;

	buf_add(&rest, text->data + at + len, text->len - at - len);
	buf_truncate(text, at);
	buf_add(text, with, with_len);
	buf_add(text, rest.data, rest.len);
}

static const struct known_line *line_of(
	const struct known_lines *lines, int number, const char *name)
{
	size_t n;
	struct known_match *found = known_lines_find(lines, name, NULL, &n);
	const struct known_line *line = NULL;

	for (size_t i = 0; i < n; i++)
		if (found[i].line->number == number && !found[i].line->authority &&
			!found[i].line->revoked)
			line = found[i].line;
	free(found);
	return line;
}

/* Where a name is in a list, with the comma that goes with it. */
static bool find_name(const struct known_line *l, const char *name, size_t *at, size_t *len)
{
	const char *from = l->hosts.s, *end = from + l->hosts.len;

	while (from < end) {
		const char *comma = memchr(from, ',', (size_t)(end - from));
		const char *stop = comma ? comma : end;

		*at = (size_t)(from - l->hosts.s);
		*len = (size_t)(stop - from);
		if (*len == strlen(name) && strncasecmp(from, name, *len) == 0) {
			*at -= !comma;
			++*len;
			return true;
		}
		from = stop + 1;
	}
	return false;
}

bool known_edit_replace(struct buf *text, int number, const char *name, const char *type,
	const struct buf *blob, struct err *e)
{
	AUTO(known_lines)
	struct known_lines *lines = known_lines_parse(text->data, text->len);
	const struct known_line *l = line_of(lines, number, name);
	AUTO(buf) struct buf base64 = BUF_EMPTY;
	const char *start = known_lines_text(lines);
	size_t at, len;

	if (!l || l->type.len != strlen(type) || memcmp(l->type.s, type, l->type.len) != 0)
		return err_set(e, ERR_REFUSED, "line %d has changed meanwhile: look again",
			number);
	if (known_line_is_pattern(l))
		return err_set(e, ERR_REFUSED,
			"line %d is for other hosts too (%.*s): change it by hand", number,
			(int)(l->hosts.len < 60 ? l->hosts.len : 60), l->hosts.s);
	if (memchr(l->hosts.s, ',', l->hosts.len) && find_name(l, name, &at, &len)) {
		splice(text, (size_t)(l->hosts.s - start) + at, len, "", 0);
		known_edit_add(text, name, type, blob, false);
		return true;
	}
	base64_encode(&base64, blob->data, blob->len);
	splice(text, (size_t)(l->base64.s - start), l->base64.len, base64.data, base64.len);
	return true;
}
