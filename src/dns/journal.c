#include "dns/private/journal.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/wait.h"
#include "dns/private/provider.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { JOURNAL_MAX = 16 << 20, N_FIELDS = 7 };

struct dns_journal {
	char *path;
	int fd;
	pthread_mutex_t lock;
	struct journal_entries live;
};

static void clear_entry(struct journal_entry *entry)
{
	free(entry->zone);
	free(entry->domain);
	free(entry->token);
	free(entry->value);
	free(entry->provider);
	free(entry->name);
}

void journal_entries_clear(struct journal_entries *all)
{
	for (size_t i = 0; i < all->n; i++)
		clear_entry(&all->list[i]);
	free(all->list);
	*all = (struct journal_entries){ 0 };
}

static void append(struct journal_entries *all, const char *zone, const char *domain,
	const char *token, const char *value, const char *provider, const char *name)
{
	GROW(all->list, all->n);
	all->list[all->n++] = (struct journal_entry){
		.zone = zone ? xstrdup(zone) : NULL,
		.domain = xstrdup(domain),
		.token = xstrdup(token),
		.value = xstrdup(value),
		.provider = xstrdup(provider),
		.name = xstrdup(name),
	};
}

static void drop(struct journal_entries *all, const char *domain, const char *token,
	const char *value)
{
	for (size_t i = 0; i < all->n; i++) {
		struct journal_entry *entry = &all->list[i];

		if (strcmp(entry->domain, domain) != 0 ||
			strcmp(entry->token, token) != 0 ||
			strcmp(entry->value, value) != 0)
			continue;
		clear_entry(entry);
		*entry = all->list[--all->n];
		all->list[all->n] = (struct journal_entry){ 0 };
		return;
	}
}

/* The words of a line, in place; false unless there are as many as there should be. */
static bool split(char *line, char *fields[N_FIELDS])
{
	for (int i = 0; i < N_FIELDS; i++) {
		size_t len = strcspn(line, " ");
		bool last = line[len] == '\0';

		if (len == 0 || last != (i == N_FIELDS - 1))
			return false;
		fields[i] = line;
		line[len] = '\0';
		line += len + 1;
	}
	return true;
}

static bool apply(struct journal_entries *live, char *line)
{
	char *f[N_FIELDS];

	if (!split(line, f))
		return false;
	if (strcmp(f[0], "add") == 0)
		append(live, strcmp(f[1], "-") == 0 ? NULL : f[1], f[2], f[3], f[4], f[5],
			f[6]);
	else if (strcmp(f[0], "del") == 0)
		drop(live, f[2], f[3], f[4]);
	else
		return false;
	return true;
}

bool journal_parse(const char *text, size_t len, struct journal_entries *live,
	size_t *whole, struct err *e)
{
	int number = 1;

	for (*whole = 0; *whole < len; number++) {
		const char *start = text + *whole;
		const char *end = memchr(start, '\n', len - *whole);
		AUTO(str) char *line = NULL;

		if (!end)
			return true;
		line = xstrndup(start, (size_t)(end - start));
		if (strlen(line) != (size_t)(end - start) || !apply(live, line))
			return err_set(e, ERR_IO,
				"line %d isn't one of a record journal: look whether "
				"_acme-challenge records were left, then remove the file",
				number);
		*whole += (size_t)(end - start) + 1;
	}
	return true;
}

static bool load(struct dns_journal *j, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	size_t whole;

	if (!fs_read(j->path, JOURNAL_MAX, &text, e))
		return false;
	if (!journal_parse(text.data, text.len, &j->live, &whole, e))
		return err_wrap(e, "%s", j->path);
	/* what a crash cut must not be glued to the next line */
	if (whole < text.len && ftruncate(j->fd, (off_t)whole) < 0)
		return err_sys(e, "truncate %s", j->path);
	return true;
}

struct dns_journal *dns_journal_open(const char *path, struct err *e)
{
	AUTO(dns_journal) struct dns_journal *j = xcalloc(1, sizeof *j);
	AUTO(str) char *dir = fs_dirname(path);

	pthread_mutex_init(&j->lock, NULL);
	j->path = xstrdup(path);
	j->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->fd < 0) {
		err_sys(e, "open %s", path);
		return NULL;
	}
	if (!load(j, e) || !fs_sync_dir(dir, e))
		return NULL;
	return TAKE(j);
}

void dns_journal_free(struct dns_journal *j)
{
	if (!j)
		return;
	auto_fd(&j->fd);
	journal_entries_clear(&j->live);
	pthread_mutex_destroy(&j->lock);
	free(j->path);
	free(j);
}

static bool is_word(const char *s)
{
	return s && *s && strcspn(s, " \t\r\n") == strlen(s);
}

static bool add_line(
	struct buf *text, const char *verb, const struct dns_record *r, struct err *e)
{
	const char *zone = r->zone ? r->zone : "-";

	if (!is_word(zone) || !is_word(r->domain) || !is_word(r->token) ||
		!is_word(r->value) || !is_word(r->name))
		return err_set(
			e, ERR_DNS, "a record's name, token and value can't hold blanks");
	buf_printf(text, "%s %s %s %s %s %s %s\n", verb, zone, r->domain, r->token,
		r->value, r->config->provider, r->name);
	return true;
}

static bool write_all(int fd, const struct buf *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return false;
	}
	return fsync(fd) == 0;
}

/* All of them or none: what a full disk has cut must not be glued to the next line. */
static bool write_lines(struct dns_journal *j, const struct buf *text, struct err *e)
{
	const off_t start = lseek(j->fd, 0, SEEK_END);

	if (start >= 0 && write_all(j->fd, text))
		return true;
	err_sys(e, "write %s", j->path);
	if (start >= 0 && ftruncate(j->fd, start) < 0)
		return err_wrap(e, "not to be undone"); /* the next run cuts it off */
	return false;
}

static bool record_all(struct dns_journal *j, const char *verb,
	struct dns_record *const *records, size_t n, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < n; i++)
		if (!add_line(&text, verb, records[i], e))
			return false;
	return write_lines(j, &text, e);
}

bool journal_add(
	struct dns_journal *j, struct dns_record *const *records, size_t n, struct err *e)
{
	bool ok;

	if (!j)
		return true;
	pthread_mutex_lock(&j->lock);
	ok = record_all(j, "add", records, n, e);
	for (size_t i = 0; ok && i < n; i++)
		append(&j->live, records[i]->zone, records[i]->domain, records[i]->token,
			records[i]->value, records[i]->config->provider, records[i]->name);
	pthread_mutex_unlock(&j->lock);
	return ok;
}

static bool empty(struct dns_journal *j, struct err *e)
{
	if (ftruncate(j->fd, 0) < 0 || fsync(j->fd) < 0)
		return err_sys(e, "truncate %s", j->path);
	return true;
}

bool journal_remove(
	struct dns_journal *j, struct dns_record *const *records, size_t n, struct err *e)
{
	bool ok;

	if (!j)
		return true;
	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < n; i++)
		drop(&j->live, records[i]->domain, records[i]->token, records[i]->value);
	ok = j->live.n == 0 ? empty(j, e) : record_all(j, "del", records, n, e);
	pthread_mutex_unlock(&j->lock);
	return ok;
}

void journal_snapshot(struct dns_journal *j, struct journal_entries *copy)
{
	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < j->live.n; i++) {
		const struct journal_entry *entry = &j->live.list[i];

		append(copy, entry->zone, entry->domain, entry->token, entry->value,
			entry->provider, entry->name);
	}
	pthread_mutex_unlock(&j->lock);
}
