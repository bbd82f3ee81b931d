#include "ssh/private/known_hosts.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "digest/digest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_FILE = 64 << 20, MAX_TYPE = 64 };

/* A piece of the line under inspection. */
struct word {
	const char *s;
	size_t len;
};

static bool is(struct word w, const char *s)
{
	return w.len == strlen(s) && memcmp(w.s, s, w.len) == 0;
}

/* The next word of a line, which is shortened by it; empty at its end. */
static struct word cut(struct word *line)
{
	struct word w;

	while (line->len && strchr(" \t\r", *line->s))
		line->s++, line->len--;
	w.s = line->s;
	while (line->len && !strchr(" \t\r", *line->s))
		line->s++, line->len--;
	w.len = (size_t)(line->s - w.s);
	return w;
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Only * and ?, as OpenSSH has it: brackets are part of a name here. */
static bool glob(struct word pattern, const char *name)
{
	const char *p = pattern.s, *end = pattern.s + pattern.len;
	const char *star = NULL, *retry = NULL;

	while (*name) {
		if (p < end && *p == '*') {
			star = ++p;
			retry = name;
		} else if (p < end && (*p == '?' || lower(*p) == lower(*name))) {
			p++;
			name++;
		} else if (star) {
			p = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}

/* "|1|salt|hash": HMAC-SHA1 of the name, keyed with the salt. */
static bool hashed_matches(struct word field, const char *name)
{
	AUTO(buf) struct buf salt = BUF_EMPTY, want = BUF_EMPTY;
	const char *mid = memchr(field.s + 3, '|', field.len - 3);
	uint8_t mac[64];
	size_t len;

	if (!mid || !base64_decode(&salt, field.s + 3, (size_t)(mid - field.s - 3)) ||
		!base64_decode(&want, mid + 1, (size_t)(field.s + field.len - mid - 1)))
		return false;
	len = hmac_of(HMAC_SHA1, salt.data, salt.len, name, strlen(name), mac);
	return len && len == want.len && memcmp(mac, want.data, len) == 0;
}

/* One negated pattern that matches outweighs all others. */
static bool hosts_match(struct word field, const char *name)
{
	bool found = false;

	if (field.len > 3 && memcmp(field.s, "|1|", 3) == 0)
		return hashed_matches(field, name);
	while (field.len) {
		const char *comma = memchr(field.s, ',', field.len);
		struct word one = { field.s,
			comma ? (size_t)(comma - field.s) : field.len };
		size_t used = one.len + (comma != NULL);
		bool negated = one.len && *one.s == '!';

		if (negated)
			one.s++, one.len--;
		if (one.len && glob(one, name)) {
			if (negated)
				return false;
			found = true;
		}
		field.s += used;
		field.len -= used;
	}
	return found;
}

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

/* The names that a line may have for the host: with its port, and without. */
struct names {
	const char *exact;
	const char *bare; /* NULL for port 22 */
};

static void take_line(struct known_hosts *k, struct known_key key, struct word line,
	const struct names *names)
{
	struct word hosts = cut(&line), type, base64;
	bool authority = is(hosts, "@cert-authority");
	char *blob_type;

	key.revoked = is(hosts, "@revoked");
	if (authority || key.revoked)
		hosts = cut(&line);
	type = cut(&line);
	base64 = cut(&line);
	if (!hosts.len || *hosts.s == '#' || *hosts.s == '@' || !base64.len)
		return;
	if (!hosts_match(hosts, names->exact)) {
		key.other_port = true;
		if (!names->bare || !hosts_match(hosts, names->bare))
			return;
	}
	buf_init(&key.blob);
	blob_type = base64_decode(&key.blob, base64.s, base64.len)
		? key_blob_type(key.blob.data, key.blob.len)
		: NULL;
	key.type = blob_type;
	if (blob_type && is(type, blob_type) && !authority) {
		add(k, &key);
		return;
	}
	k->authority = k->authority || (blob_type && authority);
	free(blob_type);
	buf_clear(&key.blob);
}

void known_hosts_parse(struct known_hosts *k, const char *file, const char *text,
	size_t len, const char *host, int port)
{
	char *ported = xasprintf("[%s]:%d", host, port);
	struct names names = { port == 22 ? host : ported, port == 22 ? NULL : host };
	const char *end = text + len;

	/* The names of hashed lines are lower case. */
	text_lower(ported);
	for (int line = 1; text < end; line++) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		const char *stop = nl ? nl : end;

		take_line(k, (struct known_key){ .file = file, .line = line },
			(struct word){ text, (size_t)(stop - text) }, &names);
		text = stop + 1;
	}
	free(ported);
}

bool known_hosts_read(struct known_hosts *k, const char *file, const char *path,
	const char *host, int port, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	char *name;

	if (!fs_exists(path))
		return true;
	if (!fs_read(path, MAX_FILE, &text, e))
		return false;
	name = xstrdup(host);
	text_lower(name);
	known_hosts_parse(k, file, text.data, text.len, name, port);
	free(name);
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
