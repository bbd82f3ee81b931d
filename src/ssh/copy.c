#include "ssh/private/copy.h"
#include "base/alloc.h"

/* One file on its way: its tickets. */
struct copy {
	size_t first, last;
};

static void copies_free(struct copy *c)
{
	free(c);
}
DEFINE_AUTO(struct copy, copies, copies_free)

/* Write, sync and close are one round trip, whatever the size. */
static void send_file(struct sftp *f, struct copy *c, const struct sftp_handle *h,
	const struct ssh_file *file)
{
	size_t ticket = 0;

	c->first = SIZE_MAX;
	for (size_t at = 0; at < file->len; at += SFTP_CHUNK) {
		size_t len = file->len - at < SFTP_CHUNK ? file->len - at : SFTP_CHUNK;

		ticket = sftp_write(
			f, h, file->name, at, (const char *)file->data + at, len);
		c->first = c->first == SIZE_MAX ? ticket : c->first;
	}
	if (sftp_can_fsync(f)) {
		ticket = sftp_fsync(f, h, file->name);
		c->first = c->first == SIZE_MAX ? ticket : c->first;
	}
	c->last = sftp_close(f, h, file->name);
	c->first = c->first == SIZE_MAX ? c->last : c->first;
}

bool copy_files(struct sftp *f, const struct ssh_file *files, size_t n, int64_t deadline,
	struct err *e)
{
	AUTO(copies) struct copy *copies = xcalloc(n + 1, sizeof *copies);

	for (size_t i = 0; i < n; i++)
		copies[i].first = sftp_create(f, files[i].name, S_IRUSR | S_IWUSR);
	for (size_t i = 0; i < n; i++) {
		struct sftp_handle h;

		if (!sftp_opened(f, copies[i].first, &h, deadline, e))
			return false;
		send_file(f, &copies[i], &h, &files[i]);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t ticket = copies[i].first; ticket <= copies[i].last; ticket++)
			if (!sftp_done(f, ticket, deadline, e))
				return false;
	return true;
}
