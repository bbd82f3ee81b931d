#include "ssh/private/place.h"
#include "base/alloc.h"
#include "base/text.h"
#include "ssh/private/copy.h"

#include <string.h>

enum { MAX_FILE = 256 << 10 };

/* The names that transact.sh gives to what lies beside a file. */
struct hidden {
	char *dir;  /* the file's own */
	char *new;  /* a directory of ours */
	char *file; /* in it: what will be renamed over the file */
	char *kept; /* in it: a copy on its way to `old` */
	char *old, *none;
};

static struct hidden hidden_of(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	const int len = (int)(name - path);
	struct hidden h;

	h.dir = xstrndup(path, len > 1 ? (size_t)len - 1 : 1);
	h.new = xasprintf("%.*s.%s.certpush-new", len, path, name);
	h.file = xasprintf("%s/file", h.new);
	h.kept = xasprintf("%s/old", h.new);
	h.old = xasprintf("%.*s.%s.certpush-old", len, path, name);
	h.none = xasprintf("%.*s.%s.certpush-none", len, path, name);
	return h;
}

static void hidden_clear(struct hidden *h)
{
	char *const all[] = { h->dir, h->new, h->file, h->kept, h->old, h->none };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		free(all[i]);
}
DEFINE_AUTO_VALUE(struct hidden, hidden, hidden_clear)

/* ---- reading ---- */

/* A file that is read. */
struct reading {
	struct sftp_handle handle;
	size_t ticket; /* of its next bytes */
	uint64_t size;
};

static void read_on(
	struct sftp *f, struct reading *r, const char *path, const struct buf *out)
{
	r->ticket = sftp_read(f, &r->handle, path, out->len);
}

static bool read_begin(struct sftp *f, struct reading *r, const char *path, size_t opened,
	const struct buf *out, int64_t deadline, struct err *e)
{
	if (!sftp_opened(f, opened, &r->handle, deadline, e))
		return false;
	read_on(f, r, path, out);
	return true;
}

static bool read_end(struct sftp *f, struct reading *r, const char *path, struct buf *out,
	int64_t deadline, struct err *e)
{
	bool end = false;

	for (;;) {
		if (!sftp_data(f, r->ticket, out, &end, deadline, e))
			return false;
		if (out->len > MAX_FILE)
			return err_set(e, ERR_REMOTE,
				"%s: too large for a certificate's file", path);
		if (end || out->len >= r->size)
			break;
		read_on(f, r, path, out);
	}
	(void)sftp_close(f, &r->handle, path);
	return true;
}

/* A file of its own. */
static bool read_file(
	struct sftp *f, const char *path, struct buf *out, int64_t deadline, struct err *e)
{
	struct reading r = { .size = UINT64_MAX };

	return read_begin(f, &r, path, sftp_open(f, path), out, deadline, e) &&
		read_end(f, &r, path, out, deadline, e);
}

static enum ssh_state state_of(const struct sftp_attrs *a)
{
	if (!a->there)
		return SSH_MISSING;
	if (a->has_mode && S_ISREG(a->mode))
		return SSH_REGULAR;
	return a->has_mode && S_ISLNK(a->mode) ? SSH_SYMLINK : SSH_OTHER;
}

/* Three questions to each path. */
struct questions {
	size_t path, old, none;
};

static struct questions ask(struct sftp *f, const char *path)
{
	AUTO(hidden) struct hidden h = hidden_of(path);
	struct questions q;

	q.path = sftp_lstat(f, path);
	q.old = sftp_lstat(f, h.old);
	q.none = sftp_lstat(f, h.none);
	return q;
}

struct answers {
	struct sftp_attrs path, old, none;
};

static bool hear(struct sftp *f, const struct questions *q, struct answers *a,
	int64_t deadline, struct err *e)
{
	return sftp_attrs(f, q->path, &a->path, deadline, e) &&
		sftp_attrs(f, q->old, &a->old, deadline, e) &&
		sftp_attrs(f, q->none, &a->none, deadline, e);
}

static bool see(struct sftp *f, const char *path, const struct questions *q,
	struct ssh_seen *seen, struct reading *r, int64_t deadline, struct err *e)
{
	struct answers a;

	if (!hear(f, q, &a, deadline, e))
		return false;
	*seen = (struct ssh_seen){ .state = state_of(&a.path),
		.mode = a.path.mode & 07777,
		.uid = a.path.uid,
		.gid = a.path.gid,
		.owed = a.old.there || a.none.there,
		.content = BUF_EMPTY };
	r->size = a.path.has_size ? a.path.size : UINT64_MAX;
	if (seen->state == SSH_REGULAR)
		r->ticket = sftp_open(f, path);
	return true;
}

/* A look at one path. */
struct look {
	struct questions q;
	struct reading r;
};

static void looks_free(struct look *l)
{
	free(l);
}
DEFINE_AUTO(struct look, looks, looks_free)

bool place_look(struct sftp *f, const char *const *paths, size_t n, struct ssh_seen *seen,
	int64_t deadline, struct err *e)
{
	AUTO(looks) struct look *l = xcalloc(n + 1, sizeof *l);

	for (size_t i = 0; i < n; i++)
		l[i].q = ask(f, paths[i]);
	for (size_t i = 0; i < n; i++)
		if (!see(f, paths[i], &l[i].q, &seen[i], &l[i].r, deadline, e))
			return false;
	for (size_t i = 0; i < n; i++)
		if (seen[i].state == SSH_REGULAR &&
			!read_begin(f, &l[i].r, paths[i], l[i].r.ticket, &seen[i].content,
				deadline, e))
			return false;
	for (size_t i = 0; i < n; i++)
		if (seen[i].state == SSH_REGULAR &&
			!read_end(f, &l[i].r, paths[i], &seen[i].content, deadline, e))
			return false;
	return sftp_wait_all(f, deadline, e);
}

/* ---- putting in place ---- */

/* One file on its way. */
struct step {
	struct hidden hidden;
	const struct ssh_placing *to;
	struct questions q;
	struct answers a;
	struct buf made; /* directories that were made for it, the deepest first */
	size_t ticket;
};

struct steps {
	struct step *list;
	struct ssh_file *files; /* of each the content */
	size_t n;
};

static struct steps steps_of(const struct ssh_placing *files, size_t n)
{
	struct steps s = { xcalloc(n + 1, sizeof *s.list), xcalloc(n + 1, sizeof *s.files),
		n };

	for (size_t i = 0; i < n; i++) {
		s.list[i].hidden = hidden_of(files[i].path);
		s.list[i].to = &files[i];
		buf_init(&s.list[i].made);
		s.files[i] = (struct ssh_file){ s.list[i].hidden.file, files[i].data,
			files[i].len };
	}
	return s;
}

static void steps_clear(struct steps *s)
{
	for (size_t i = 0; i < s->n; i++) {
		hidden_clear(&s->list[i].hidden);
		buf_clear(&s->list[i].made);
	}
	free(s->list);
	free(s->files);
}
DEFINE_AUTO_VALUE(struct steps, steps, steps_clear)

/* What is missing of it needn't go. */
static size_t discard(struct sftp *f, const struct hidden *h)
{
	(void)sftp_remove(f, h->file);
	(void)sftp_remove(f, h->kept);
	return sftp_rmdir(f, h->new);
}

static void add_made(struct buf *made, const char *dir)
{
	AUTO(str) char *before = xstrdup(made->data);

	buf_reset(made);
	buf_printf(made, "%s\n%s", dir, before);
}

/* The directories above the file that are missing, from the top. */
static bool make_parents(struct sftp *f, struct step *s, int64_t deadline, struct err *e)
{
	for (const char *at = strchr(s->hidden.dir + 1, '/');; at = strchr(at + 1, '/')) {
		AUTO(str)
		char *dir = at ? xstrndup(s->hidden.dir, (size_t)(at - s->hidden.dir))
			       : xstrdup(s->hidden.dir);
		struct sftp_attrs a;

		if (!sftp_attrs(f, sftp_stat(f, dir), &a, deadline, e))
			return false;
		if (!a.there) {
			if (!sftp_done(f, sftp_mkdir(f, dir, 0755), deadline, e))
				return false;
			add_made(&s->made, dir);
		}
		if (!at)
			return true;
	}
}

/* A directory of our own beside the file: what mkdir has made is neither old nor another's.
 */
static bool make_new(struct sftp *f, struct step *s, int64_t deadline, struct err *e)
{
	if (!sftp_wait(f, s->ticket, deadline, e))
		return false;
	if (sftp_code(f, s->ticket) == SFTP_NO_SUCH_FILE) {
		if (!make_parents(f, s, deadline, e))
			return false;
		s->ticket = sftp_mkdir(f, s->hidden.new, S_IRWXU);
	}
	return sftp_done(f, s->ticket, deadline, e);
}

static void queue_new(struct sftp *f, struct step *s)
{
	s->q = ask(f, s->to->path);
	(void)discard(f, &s->hidden);
	s->ticket = sftp_mkdir(f, s->hidden.new, S_IRWXU);
}

/* Who it belongs to stays, or becomes, what it is to be, if the login may say so. */
static void give(struct sftp *f, const struct step *s)
{
	if (s->to->owned)
		(void)sftp_chown(f, s->hidden.file, s->to->uid, s->to->gid);
}

/* All contents, with owner and mode, beside what they will replace. */
static bool stage(struct sftp *f, struct steps *s, int64_t deadline, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		queue_new(f, &s->list[i]);
	for (size_t i = 0; i < s->n; i++) {
		struct step *at = &s->list[i];

		if (!hear(f, &at->q, &at->a, deadline, e) || !make_new(f, at, deadline, e))
			return false;
	}
	if (!copy_files(f, s->files, s->n, deadline, e))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		give(f, &s->list[i]);
		s->list[i].ticket =
			sftp_chmod(f, s->list[i].hidden.file, s->list[i].to->mode);
	}
	for (size_t i = 0; i < s->n; i++)
		if (!sftp_done(f, s->list[i].ticket, deadline, e))
			return false;
	return true;
}

/* A file that comes into its place whole; the name may be taken where the server can
 * replace. */
static bool make_whole(struct sftp *f, const struct step *s, const char *path,
	const struct buf *content, mode_t mode, int64_t deadline, struct err *e)
{
	const struct ssh_file file = { s->hidden.kept, content->data, content->len };

	return copy_files(f, &file, 1, deadline, e) &&
		sftp_done(f, sftp_chmod(f, s->hidden.kept, mode), deadline, e) &&
		sftp_done(f, sftp_rename(f, s->hidden.kept, path), deadline, e);
}

static bool keep_copy(struct sftp *f, const struct step *s, int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf content = BUF_EMPTY;

	return read_file(f, s->to->path, &content, deadline, e) &&
		make_whole(
			f, s, s->hidden.old, &content, s->a.path.mode & 07777, deadline, e);
}

/* What was last proved: what a push has put there since isn't. */
static bool keep(struct sftp *f, struct step *s, int64_t deadline, struct err *e)
{
	if (s->a.old.there || s->a.none.there)
		return true;
	if (!s->a.path.there)
		return make_whole(
			f, s, s->hidden.none, &s->made, S_IRUSR | S_IWUSR, deadline, e);
	if (!sftp_can_link(f))
		return keep_copy(f, s, deadline, e);
	s->ticket = sftp_link(f, s->to->path, s->hidden.old);
	return sftp_wait(f, s->ticket, deadline, e) &&
		(sftp_code(f, s->ticket) == SFTP_OK || keep_copy(f, s, deadline, e));
}

/* One request where the server can replace; else there is a moment without the file, and
 * `old` tells of it. */
static size_t queue_swap(struct sftp *f, const char *from, const char *to)
{
	if (!sftp_can_replace(f))
		(void)sftp_remove(f, to);
	return sftp_rename(f, from, to);
}

static bool swap(struct sftp *f, struct steps *s, int64_t deadline, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		s->list[i].ticket =
			queue_swap(f, s->list[i].hidden.file, s->list[i].to->path);
	for (size_t i = 0; i < s->n; i++)
		(void)discard(f, &s->list[i].hidden);
	for (size_t i = 0; i < s->n; i++)
		if (!sftp_done(f, s->list[i].ticket, deadline, e))
			return false;
	return sftp_wait_all(f, deadline, e);
}

static bool prepare(struct sftp *f, struct steps *s, int64_t deadline, struct err *e)
{
	if (!stage(f, s, deadline, e))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!keep(f, &s->list[i], deadline, e))
			return false;
	return true;
}

/* Directories that were made, the deepest first; what isn't empty stays. */
static void unmake(struct sftp *f, const char *made)
{
	for (size_t len; *made; made += len + (made[len] == '\n')) {
		AUTO(str) char *dir = NULL;

		len = strcspn(made, "\n");
		dir = xstrndup(made, len);
		if (*dir == '/')
			(void)sftp_rmdir(f, dir);
	}
}

/* Nothing was swapped: what was kept is what is there. */
static void clean_up(struct sftp *f, const struct steps *s, int64_t deadline)
{
	struct err ignored;

	for (size_t i = 0; i < s->n; i++) {
		const struct step *at = &s->list[i];

		(void)discard(f, &at->hidden);
		if (!at->a.old.there && !at->a.none.there) {
			(void)sftp_remove(f, at->hidden.old);
			(void)sftp_remove(f, at->hidden.none);
		}
		unmake(f, at->made.data);
	}
	(void)!sftp_wait_all(f, deadline, &ignored);
}

bool place_files(struct sftp *f, const struct ssh_placing *files, size_t n, bool *swapped,
	int64_t deadline, struct err *e)
{
	AUTO(steps) struct steps s = steps_of(files, n);

	*swapped = prepare(f, &s, deadline, e);
	if (*swapped)
		return swap(f, &s, deadline, e);
	if (e->kind == ERR_REMOTE)
		clean_up(f, &s, deadline);
	return false;
}

/* ---- back, or for good ---- */

/* There was nothing: its directories, as `none` has them, go too. */
static bool take_away(struct sftp *f, const char *path, const struct hidden *h,
	int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf made = BUF_EMPTY;
	size_t ticket;

	if (!read_file(f, h->none, &made, deadline, e))
		return false;
	(void)sftp_remove(f, path);
	ticket = sftp_remove(f, h->none);
	(void)discard(f, h);
	unmake(f, made.data);
	return sftp_done(f, ticket, deadline, e);
}

/* Two names of one file: a rename leaves both. */
static bool put_back(struct sftp *f, const char *path, const struct hidden *h,
	int64_t deadline, struct err *e)
{
	const size_t ticket = queue_swap(f, h->old, path);

	(void)sftp_remove(f, h->old);
	(void)discard(f, h);
	return sftp_done(f, ticket, deadline, e);
}

bool place_restore(
	struct sftp *f, const char *const *paths, size_t n, int64_t deadline, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(hidden) struct hidden h = hidden_of(paths[i]);
		const struct questions q = ask(f, paths[i]);
		struct answers a;

		if (!hear(f, &q, &a, deadline, e))
			return false;
		if ((a.old.there && !put_back(f, paths[i], &h, deadline, e)) ||
			(!a.old.there && a.none.there &&
				!take_away(f, paths[i], &h, deadline, e)))
			return false;
	}
	return sftp_wait_all(f, deadline, e);
}

bool place_forget(
	struct sftp *f, const char *const *paths, size_t n, int64_t deadline, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(hidden) struct hidden h = hidden_of(paths[i]);
		const size_t old = sftp_remove(f, h.old), none = sftp_remove(f, h.none);

		(void)discard(f, &h);
		if (!sftp_gone(f, old, deadline, e) || !sftp_gone(f, none, deadline, e))
			return false;
	}
	return sftp_wait_all(f, deadline, e);
}
