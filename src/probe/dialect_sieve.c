#include "base/text.h"
#include "probe/private/talks.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum token_kind { TOKEN_END, TOKEN_ATOM, TOKEN_STRING, TOKEN_OPEN, TOKEN_CLOSE };

/* One logical line: literals are in it, line breaks and all (RFC 5804 4). */
struct reader {
	struct lines *lines;
	const char *at;
	char text[256]; /* of the last token, as much as fits */
	size_t len;
};

/* What a line says: a capability, or how a command went. */
struct said {
	bool capability;
	char word[32]; /* its name; or OK, NO, BYE */
	char code[64]; /* "TRYLATER", without its parentheses; or "" */
	char text[256];
};

static void put(struct reader *r, const char *bytes, size_t n)
{
	const size_t room = sizeof r->text - 1 - r->len;

	n = n < room ? n : room;
	memcpy(r->text + r->len, bytes, n);
	r->len += n;
	r->text[r->len] = '\0';
}

static int nonsense(const struct reader *r, struct err *e)
{
	talk_refused(r->at, strlen(r->at), e);
	return -1;
}

static int quoted(struct reader *r, struct err *e)
{
	const char *p = r->at + 1;

	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && !*++p)
			break;
		put(r, p, 1);
	}
	if (!*p)
		return nonsense(r, e);
	r->at = p + 1;
	return TOKEN_STRING;
}

/* "{5}" or "{5+}", the end of a line, and five bytes. */
static int literal(struct reader *r, struct err *e)
{
	const unsigned char *bytes;
	unsigned long n = 0;
	const char *p = r->at + 1;

	for (; *p >= '0' && *p <= '9' && n < 100000; p++)
		n = n * 10 + (unsigned long)(*p - '0');
	if (p == r->at + 1 || (!text_eq(p, "}") && !text_eq(p, "+}")))
		return nonsense(r, e);
	bytes = lines_bytes(r->lines, n, e);
	if (!bytes)
		return -1;
	put(r, (const char *)bytes, n);
	r->at = lines_read(r->lines, e);
	return r->at ? TOKEN_STRING : -1;
}

static int atom(struct reader *r, struct err *e)
{
	const size_t n = strcspn(r->at, " ()\"{");

	if (n == 0)
		return nonsense(r, e);
	put(r, r->at, n);
	r->at += n;
	return TOKEN_ATOM;
}

/* A token_kind, -1 with *e. */
static int next(struct reader *r, struct err *e)
{
	r->len = 0;
	r->text[0] = '\0';
	r->at += strspn(r->at, " ");
	switch (*r->at) {
	case '\0':
		return TOKEN_END;
	case '(':
		r->at++;
		return TOKEN_OPEN;
	case ')':
		r->at++;
		return TOKEN_CLOSE;
	case '"':
		return quoted(r, e);
	case '{':
		return literal(r, e);
	default:
		return atom(r, e);
	}
}

static void keep(struct reader *r, int kind, int depth, struct said *said)
{
	if (kind == TOKEN_ATOM && depth > 0 && !*said->code)
		snprintf(said->code, sizeof said->code, "%.63s", r->text);
	if (kind == TOKEN_STRING && depth == 0)
		snprintf(said->text, sizeof said->text, "%s", r->text);
}

static bool read_line(struct reader *r, struct said *said, struct err *e)
{
	int kind, depth = 0;

	*said = (struct said){ .word = "" };
	r->at = lines_read(r->lines, e);
	if (!r->at)
		return false;
	kind = next(r, e);
	if (kind != TOKEN_ATOM && kind != TOKEN_STRING)
		return kind < 0 ? false : talk_refused(r->at, strlen(r->at), e);
	said->capability = kind == TOKEN_STRING;
	snprintf(said->word, sizeof said->word, "%.31s", r->text);
	while ((kind = next(r, e)) > TOKEN_END) {
		depth += kind == TOKEN_OPEN ? 1 : kind == TOKEN_CLOSE ? -1 : 0;
		keep(r, kind, depth, said);
	}
	return kind == TOKEN_END;
}

static bool no(const struct said *said, struct err *e)
{
	const bool away = strcasecmp(said->word, "BYE") == 0;
	char text[400];
	const int n = snprintf(text, sizeof text, "%s%s%s%s%s%s", said->word,
		*said->code ? " (" : "", said->code, *said->code ? ")" : "",
		*said->text ? " " : "", said->text);

	return (away ? talk_turned_away : talk_refused)(text, (size_t)n, e);
}

bool sieve_reply(const struct step *s, struct lines *l, struct err *e)
{
	struct reader r = { .lines = l };
	struct said said;
	bool found = false;

	for (int n = 0; n < MAX_LINES; n++) {
		if (!read_line(&r, &said, e))
			return false;
		if (!said.capability && strcasecmp(said.word, "OK") != 0)
			return no(&said, e);
		if (!said.capability)
			return !s->offers || found || talk_not_offered(s->offers, e);
		found |= s->offers && strcasecmp(said.word, s->offers) == 0;
	}
	return err_set(e, ERR_PROTOCOL, "a reply of over %d lines", MAX_LINES);
}
