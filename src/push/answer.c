#include "push/private/answer.h"
#include "base/alloc.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line that is read word by word. */
struct reader {
	const char *next; /* the line after this one */
	const char *at, *end;
};

static bool line(struct reader *r)
{
	const char *lf = strchr(r->next, '\n');

	if (!lf)
		return false;
	r->at = r->next;
	r->end = lf;
	r->next = lf + 1;
	return true;
}

/* The next word into out, cut to its size; false at the end of the line. */
static bool word(struct reader *r, char *out, size_t size)
{
	size_t n = 0;

	while (r->at < r->end && *r->at == ' ')
		r->at++;
	if (r->at == r->end)
		return false;
	for (; r->at < r->end && *r->at != ' '; r->at++)
		if (n + 1 < size)
			out[n++] = *r->at;
	out[n] = '\0';
	return true;
}

static bool word_is(struct reader *r, const char *wanted)
{
	char w[32];

	return word(r, w, sizeof w) && text_eq(w, wanted);
}

/* A number of up to six digits; -1 for "-" and for anything else. */
static int number(const char *s)
{
	int n = 0;

	if (!*s || strlen(s) > 6 || strspn(s, "0123456789") != strlen(s))
		return -1;
	for (; *s; s++)
		n = n * 10 + (*s - '0');
	return n;
}

/* To what is behind "certpush NONCE". */
static bool find_start(struct reader *r, const char *text, const char *nonce, struct err *e)
{
	char w[64];

	r->next = text;
	while (line(r))
		if (word_is(r, "certpush") && word(r, w, sizeof w) && text_eq(w, nonce))
			return true;
	return err_set(e, ERR_REMOTE, "the script didn't start there");
}

int answer_shell(const char *text, const char *nonce)
{
	struct reader r;
	struct err none;
	char pid[16];
	const bool told = find_start(&r, text, nonce, &none) && word(&r, pid, sizeof pid);

	if (!told || strlen(pid) > 9 || strspn(pid, "0123456789") != strlen(pid))
		return 0;
	return (int)strtol(pid, NULL, 10);
}

static bool cut(struct err *e)
{
	return err_set(e, ERR_REMOTE, "the answer breaks off");
}

static bool garbled(const struct reader *r, const char *start, struct err *e)
{
	return err_set(e, ERR_REMOTE, "an answer that makes no sense: %.*s",
		(int)(r->end - start), start);
}

/* "-rw-r-----": the nine permission letters; s, S, t and T carry the upper bits. */
static bool mode_of(const char *text, unsigned *mode)
{
	static const char letters[] = "rwxrwxrwx";

	*mode = 0;
	if (strlen(text) < 10)
		return false;
	for (size_t i = 0; i < 9; i++) {
		const char c = text[i + 1];
		const char upper = i == 8 ? 't' : 's';
		const bool special = i % 3 == 2 && (c | 0x20) == upper;

		if (c == letters[i] || (special && c == upper))
			*mode |= 1U << (8 - i);
		else if (c != '-' && !special)
			return false;
		if (special)
			*mode |= 04000U >> (i / 3);
	}
	return true;
}

/* "names -rw-r----- 1 root ssl-cert 1704 …" */
static bool owners(struct reader *r, const char *what, char *owner, size_t owner_size,
	char *group, size_t group_size, unsigned *mode)
{
	char letters[16], links[16];

	return line(r) && word_is(r, what) && word(r, letters, sizeof letters) &&
		mode_of(letters, mode) && word(r, links, sizeof links) &&
		word(r, owner, owner_size) && word(r, group, group_size);
}

static bool regular(struct reader *r, struct seen_file *f)
{
	char digest[80];
	unsigned mode;

	return word(r, digest, sizeof digest) && sha256_from_hex(digest, &f->sha256) &&
		owners(r, "names", f->owner, sizeof f->owner, f->group, sizeof f->group,
			&f->mode) &&
		owners(r, "numbers", f->uid, sizeof f->uid, f->gid, sizeof f->gid, &mode);
}

static bool state_of(const char *word, enum seen_state *state)
{
	static const char *const words[] = {
		[SEEN_MISSING] = "missing",
		[SEEN_FILE] = "regular",
		[SEEN_LINK] = "link",
		[SEEN_OTHER] = "other",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_eq(words[i], word)) {
			*state = (enum seen_state)i;
			return true;
		}
	return false;
}

/* "pem …", as far as there are such lines. What is no certificate is passed over. */
static void held(struct reader *r, struct seen_file *f)
{
	AUTO(buf) struct buf pem = BUF_EMPTY;
	struct err unread;

	while (text_starts(r->next, "pem ") && line(r))
		buf_printf(&pem, "%.*s\n", (int)(r->end - r->at - 4), r->at + 4);
	if (pem.len > 0 && !chain_from_pem(pem.data, pem.len, &f->held, &unread))
		f->held = (struct chain){ 0 };
}

static bool seen_file(struct reader *r, size_t index, struct seen_file *f)
{
	char i[8], state[16], owed[4];

	*f = (struct seen_file){ 0 };
	if (!word_is(r, "file") || !word(r, i, sizeof i) || number(i) != (int)index ||
		!word(r, state, sizeof state) || !state_of(state, &f->state) ||
		!word(r, owed, sizeof owed) || (!text_eq(owed, "0") && !text_eq(owed, "1")))
		return false;
	f->owed = owed[0] == '1';
	if (f->state != SEEN_FILE)
		return true;
	if (!regular(r, f))
		return false;
	held(r, f);
	return true;
}

/* "fail look - TEXT": it could not look. */
static bool blind(struct reader r, struct err *e)
{
	if (!word_is(&r, "fail") || !word_is(&r, "look") || !word_is(&r, "-"))
		return false;
	r.at += strspn(r.at, " ");
	err_set(e, ERR_REMOTE, "%.*s", (int)(r.end - r.at), r.at);
	return true;
}

bool answer_seen(const char *text, const char *nonce, struct seen_file *seen, size_t n,
	struct err *e)
{
	struct reader r;

	if (!find_start(&r, text, nonce, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *start = r.next;

		if (!line(&r))
			return cut(e);
		if (blind(r, e))
			return false;
		if (!seen_file(&r, i, &seen[i]))
			return garbled(&r, start, e);
	}
	return (line(&r) && word_is(&r, "end")) || cut(e);
}

void remote_story_clear(struct remote_story *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->events[i].text);
	free(s->events);
	*s = (struct remote_story)REMOTE_STORY_EMPTY;
}

/* "STEP I" and, after fail, TEXT to the end of the line. */
static bool event(struct reader *r, bool failed, struct remote_story *out)
{
	struct remote_event ev = { .failed = failed };
	char index[8];

	if (!word(r, ev.step, sizeof ev.step) || !word(r, index, sizeof index))
		return false;
	ev.index = number(index);
	while (r->at < r->end && *r->at == ' ')
		r->at++;
	ev.text = xstrndup(r->at, (size_t)(r->end - r->at));
	GROW(out->events, out->n);
	out->events[out->n++] = ev;
	return true;
}

bool answer_story(
	const char *text, const char *nonce, struct remote_story *out, struct err *e)
{
	struct reader r;

	if (!find_start(&r, text, nonce, e))
		return false;
	for (;;) {
		const char *start = r.next;
		char w[16];

		if (!line(&r) || !word(&r, w, sizeof w))
			return cut(e);
		if (text_eq(w, "end"))
			return true;
		if (text_eq(w, "restored"))
			out->restored = true;
		else if ((!text_eq(w, "did") && !text_eq(w, "fail")) ||
			!event(&r, text_eq(w, "fail"), out))
			return garbled(&r, start, e);
	}
}

const struct remote_event *remote_story_failure(const struct remote_story *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->events[i].failed)
			return &s->events[i];
	return NULL;
}

bool remote_story_failed_at(const struct remote_story *s, const char *step)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->events[i].failed && text_eq(s->events[i].step, step))
			return true;
	return false;
}
