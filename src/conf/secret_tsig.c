#include "conf/settings.h"

#include "base/text.h"
#include "conf/private/yaml.h"

#include <string.h>

void tsig_key_clear(struct tsig_key *k)
{
	buf_clear(&k->name);
	buf_clear(&k->algorithm);
	buf_clear(&k->secret);
}

/* Keys found in a text, and which of them is wanted. */
struct search {
	const char *name; /* NULL: there must be one only */
	struct tsig_key *key;
	int found; /* keys that were taken: 0, 1, or more when none is named */
	int others;
	struct err *e;
};

struct span {
	const char *s;
	size_t len;
};

static struct span span(const char *s)
{
	return (struct span){ s, s ? strlen(s) : 0 };
}

static void put(struct buf *b, struct span s)
{
	buf_reset(b);
	buf_add(b, s.s, s.len);
	text_lower(b->data);
	if (b->len > 1 && b->data[b->len - 1] == '.')
		buf_truncate(b, b->len - 1);
}

static bool same_name(struct span s, const char *name)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put(&b, s);
	return text_eq(b.data, name);
}

static void offer(
	struct search *q, struct span name, struct span algorithm, struct span secret)
{
	if (q->name && name.len && !same_name(name, q->name)) {
		q->others++;
		return;
	}
	q->found++;
	put(&q->key->name, name);
	put(&q->key->algorithm, algorithm);
	buf_reset(&q->key->secret);
	buf_add(&q->key->secret, secret.s, secret.len);
}

/* BIND's lexer: words, quoted words, { } ; and three kinds of comment. */
struct lexer {
	const char *at, *end;
};

static bool skip_comment(struct lexer *x)
{
	size_t left = (size_t)(x->end - x->at);
	const char *stop;

	if (*x->at == '#' || (left > 1 && memcmp(x->at, "//", 2) == 0)) {
		stop = memchr(x->at, '\n', left);
		x->at = stop ? stop : x->end;
		return true;
	}
	if (left < 2 || memcmp(x->at, "/*", 2) != 0)
		return false;
	stop = memmem(x->at + 2, left - 2, "*/", 2);
	x->at = stop ? stop + 2 : x->end;
	return true;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct lexer *x)
{
	while (x->at < x->end && (blank(*x->at) || skip_comment(x)))
		if (x->at < x->end && blank(*x->at))
			x->at++;
}

static bool punctuation(char c)
{
	return c == '{' || c == '}' || c == ';';
}

/* An empty span at the end; *quoted tells "{" from a brace. */
static struct span token(struct lexer *x, bool *quoted)
{
	const char *from;

	skip(x);
	*quoted = x->at < x->end && *x->at == '"';
	if (*quoted) {
		const char *stop;

		from = ++x->at;
		stop = memchr(from, '"', (size_t)(x->end - from));
		x->at = stop ? stop + 1 : x->end;
		return (struct span){ from, (size_t)((stop ? stop : x->end) - from) };
	}
	from = x->at;
	if (x->at < x->end && punctuation(*x->at))
		x->at++;
	else
		while (x->at < x->end && !blank(*x->at) && !punctuation(*x->at) &&
			*x->at != '"')
			x->at++;
	return (struct span){ from, (size_t)(x->at - from) };
}

static bool is(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.s, word, s.len) == 0;
}

static bool expect(struct lexer *x, const char *word)
{
	bool quoted;

	return is(token(x, &quoted), word) && !quoted;
}

/* What follows the word key: "name" { algorithm …; secret "…"; }; */
static bool bind_key(struct lexer *x, struct search *q)
{
	struct span name, algorithm = { 0 }, secret = { 0 };
	bool quoted;

	name = token(x, &quoted);
	if (!name.len || !expect(x, "{"))
		return err_set(q->e, ERR_CONFIG, "TSIG key: expected key \"name\" { … };");
	for (;;) {
		struct span word = token(x, &quoted), value;

		if (is(word, "}") && !quoted)
			break;
		value = token(x, &quoted);
		if (is(word, "algorithm"))
			algorithm = value;
		else if (is(word, "secret"))
			secret = value;
		else
			return err_set(q->e, ERR_CONFIG,
				"TSIG key: expected 'algorithm' or 'secret' in the braces");
		if (!expect(x, ";"))
			return err_set(q->e, ERR_CONFIG, "TSIG key: a ';' is missing");
	}
	if (!expect(x, ";"))
		return err_set(q->e, ERR_CONFIG, "TSIG key: a ';' is missing after '}'");
	offer(q, name, algorithm, secret);
	return true;
}

static bool from_bind(struct lexer x, struct search *q)
{
	for (;;) {
		bool quoted;
		struct span word = token(&x, &quoted);

		if (!word.len)
			return true;
		if (!is(word, "key"))
			return err_set(q->e, ERR_CONFIG,
				"TSIG key: something else than key \"name\" { … }; in the text");
		if (!bind_key(&x, q))
			return false;
	}
}

static bool text_at(const struct node *n, const char *key, struct span *out, struct err *e)
{
	const struct node *value = node_at(n, key);
	const char *text = NULL;

	*out = span(NULL);
	/* the value is a secret, or stands beside one: a message must not show it */
	if (value && !node_string(value, key, &text, e))
		return err_set(e, ERR_CONFIG, "TSIG key: '%s' is no text", key);
	*out = span(text);
	return true;
}

/* key: [{id: …, algorithm: …, secret: …}] */
static bool from_knot(struct lexer x, struct search *q)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct node *root, *list;
	struct err cause;

	root = yaml_load(a, x.at, (size_t)(x.end - x.at), "key", &cause);
	list = root ? node_at(root, "key") : NULL;
	if (!list || (list->type != NODE_SEQUENCE && list->type != NODE_MAPPING))
		return err_set(q->e, ERR_CONFIG,
			"TSIG key: expected Knot's 'key:' with a list of id, algorithm, secret");
	for (size_t i = 0; i < (list->type == NODE_SEQUENCE ? list->n : 1); i++) {
		const struct node *n = list->type == NODE_SEQUENCE ? list->items[i] : list;
		struct span id, algorithm, secret;

		if (!text_at(n, "id", &id, q->e) ||
			!text_at(n, "algorithm", &algorithm, q->e) ||
			!text_at(n, "secret", &secret, q->e))
			return false;
		offer(q, id, algorithm, secret);
	}
	return true;
}

/* [algorithm:]name:secret, or the secret alone. */
static bool from_line(struct lexer x, struct search *q)
{
	struct span parts[3];
	size_t n = 0;

	for (;;) {
		const char *colon = memchr(x.at, ':', (size_t)(x.end - x.at));
		const char *stop = colon ? colon : x.end;

		if (n == ARRAY_LEN(parts))
			return err_set(q->e, ERR_CONFIG,
				"TSIG key: more than algorithm:name:secret in the line");
		parts[n++] = (struct span){ x.at, (size_t)(stop - x.at) };
		if (!colon)
			break;
		x.at = colon + 1;
	}
	if (n > 1 && !parts[n - 2].len)
		return err_set(q->e, ERR_CONFIG, "TSIG key: the name before ':' is empty");
	offer(q, n > 1 ? parts[n - 2] : span(NULL), n > 2 ? parts[0] : span(NULL),
		parts[n - 1]);
	return true;
}

static bool parse(struct lexer x, struct search *q)
{
	struct lexer probe = x;
	bool quoted;
	struct span word = token(&probe, &quoted);

	if (is(word, "key:"))
		return from_knot(x, q);
	if (is(word, "key"))
		return from_bind(x, q);
	skip(&x);
	while (x.end > x.at && blank(x.end[-1]))
		x.end--;
	return from_line(x, q);
}

static bool check_algorithm(struct tsig_key *k, const char *algorithm, struct err *e)
{
	static const char *const known[] = { "hmac-sha256", "hmac-sha512", "hmac-sha384",
		"hmac-sha224", "hmac-sha1", "hmac-md5" };

	if (!k->algorithm.len)
		buf_puts(&k->algorithm, algorithm ? algorithm : known[0]);
	if (text_eq(k->algorithm.data, "hmac-md5.sig-alg.reg.int"))
		buf_truncate(&k->algorithm, strlen("hmac-md5"));
	if (algorithm && !text_eq(k->algorithm.data, algorithm))
		return err_set(e, ERR_CONFIG,
			"TSIG key: its algorithm is %.60s, the settings say %s",
			k->algorithm.data, algorithm);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (text_eq(k->algorithm.data, known[i]))
			return true;
	/* not shown: in a mangled text it may be the secret */
	return err_set(e, ERR_CONFIG,
		"TSIG key: unknown algorithm: there are hmac-sha256, "
		"-sha512, -sha384, -sha224, -sha1 and hmac-md5");
}

static bool check_name(struct tsig_key *k, const char *name, struct err *e)
{
	if (!k->name.len && name)
		buf_puts(&k->name, name);
	if (!k->name.len)
		return err_set(e, ERR_CONFIG,
			"TSIG key: neither its text nor the settings say its name (tsig: {name: …})");
	return true;
}

static bool check_secret(const struct tsig_key *k, struct err *e)
{
	size_t n = strspn(k->secret.data,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	size_t padding = strspn(k->secret.data + n, "=");

	if (!n || padding > 2 || n + padding != k->secret.len || k->secret.len % 4)
		return err_set(e, ERR_CONFIG, "TSIG key: the secret is no base64 text");
	return true;
}

bool tsig_key_parse(const char *text, size_t len, const char *name, const char *algorithm,
	struct tsig_key *k, struct err *e)
{
	struct search q = { .name = name, .key = k, .e = e };

	if (!parse((struct lexer){ text, text + len }, &q))
		return false;
	if (!q.found && q.others)
		return err_set(
			e, ERR_CONFIG, "TSIG key: there is no key '%s' in the text", name);
	if (q.found != 1)
		return err_set(e, ERR_CONFIG,
			"TSIG key: %d keys in the text: say which one (tsig: {name: …})",
			q.found);
	return check_name(k, name, e) && check_algorithm(k, algorithm, e) &&
		check_secret(k, e);
}

bool dns_tsig_key(const struct dns_settings *d, struct tsig_key *k, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (!secret_read(&d->tsig_secret, &text, e))
		return false;
	if (tsig_key_parse(text.data, text.len, d->tsig_name, d->tsig_algorithm, k, e))
		return true;
	e->pos = d->tsig_secret.pos;
	return d->tsig_secret.file ? err_wrap(e, "%s", d->tsig_secret.file) : false;
}
