#include "ssh/private/known_hosts.h"
#include "base/alloc.h"
#include "base/text.h"
#include "ssh/private/known_lines.h"

#include <string.h>

enum { MAX_TYPE = 64 };

char *key_blob_type(const void *blob, size_t len)
{
	const uint8_t *b = blob;
	size_t n;

	if (len < 4)
		return NULL;
	n = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
	if (n == 0 || n > MAX_TYPE || n > len - 4 || memchr(b + 4, 0, n))
		return NULL;
	return xstrndup((const char *)b + 4, n);
}

static void add(struct known_hosts *k, struct known_key *key)
{
	GROW(k->keys, k->n);
	k->keys[k->n++] = *key;
}

static void take_line(struct known_hosts *k, const char *file, const struct known_match *m)
{
	struct known_key key = { .file = file,
		.line = m->line->number,
		.revoked = m->line->revoked,
		.other_port = m->other,
		.blob = BUF_EMPTY };
	bool good = known_line_key(m->line, &key.blob, &key.type);

	if (good && !m->line->authority) {
		add(k, &key);
		return;
	}
	k->authority = k->authority || (key.type && m->line->authority);
	free(key.type);
	buf_clear(&key.blob);
}

/* The names that a line may have for the host: with its port, and without. Those of hashed
 * lines are lower case. */
static void look_up(struct known_hosts *k, const char *file,
	const struct known_lines *lines, const char *host, int port)
{
	AUTO(str) char *bare = xstrdup(host);
	AUTO(str) char *ported = NULL;
	struct known_match *found;
	size_t n;

	text_lower(bare);
	ported = xasprintf("[%s]:%d", bare, port);
	found = known_lines_find(
		lines, port == 22 ? bare : ported, port == 22 ? NULL : bare, &n);
	for (size_t i = 0; i < n; i++)
		take_line(k, file, &found[i]);
	free(found);
}

void known_hosts_parse(struct known_hosts *k, const char *file, const char *text,
	size_t len, const char *host, int port)
{
	AUTO(known_lines) struct known_lines *lines = known_lines_parse(text, len);

	look_up(k, file, lines, host, port);
}

bool known_hosts_read(struct known_hosts *k, const char *file, const char *path,
	const char *host, int port, struct err *e)
{
	const struct known_lines *lines;

	if (!known_lines_get(path, &lines, e))
		return false;
	if (lines)
		look_up(k, file, lines, host, port);
	return true;
}

static bool same(const struct known_key *key, const void *blob, size_t len)
{
	return key->blob.len == len && memcmp(key->blob.data, blob, len) == 0;
}

static const struct known_key *find_same(
	const struct known_hosts *k, const void *blob, size_t len, bool revoked)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->keys[i].revoked == revoked && same(&k->keys[i], blob, len))
			return &k->keys[i];
	return NULL;
}

/* Another service of the host, at port 22, may well have another key. */
enum known_verdict known_hosts_of_type(
	const struct known_hosts *k, const char *type, const struct known_key **at)
{
	enum known_verdict verdict = KNOWN_NOT;

	*at = NULL;
	for (size_t i = 0; i < k->n && verdict != KNOWN_CHANGED; i++) {
		const struct known_key *key = &k->keys[i];

		if (key->revoked || key->other_port)
			continue;
		if (text_eq(key->type, type)) {
			verdict = KNOWN_CHANGED;
			*at = key;
		} else if (verdict == KNOWN_NOT) {
			verdict = KNOWN_OTHER_TYPE;
			*at = key;
		}
	}
	return verdict;
}

enum known_verdict known_hosts_check(const struct known_hosts *k, const void *blob,
	size_t len, const struct known_key **at)
{
	AUTO(str) char *type = NULL;

	*at = find_same(k, blob, len, true);
	if (*at)
		return KNOWN_REVOKED;
	*at = find_same(k, blob, len, false);
	if (*at)
		return KNOWN_SAME;
	type = key_blob_type(blob, len);
	return known_hosts_of_type(k, type, at);
}

void known_hosts_clear(struct known_hosts *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->keys[i].type);
		buf_clear(&k->keys[i].blob);
	}
	free(k->keys);
	*k = (struct known_hosts)KNOWN_HOSTS_EMPTY;
}
