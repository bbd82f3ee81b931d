#include "ssh/private/put.h"
#include "ssh/private/place.h"
#include "ssh/private/sftp.h"
#include "ssh/private/staging.h"
#include "ssh/private/transport.h"

static bool begin(struct ssh *s, int64_t deadline, struct err *e)
{
	s->lacks_sftp = false;
	if (!s->by->usable(s->t, e))
		return false;
	if (!s->sftp && !s->by->sftp_open(s->t, deadline, e)) {
		s->lacks_sftp = e->kind == ERR_REMOTE;
		return false;
	}
	if (!s->sftp)
		s->sftp = sftp_new((struct sftp_pipe){ s->by->sftp_move, s->t });
	sftp_forget(s->sftp);
	return true;
}

bool put_end(struct ssh *s, int64_t deadline, struct err *e)
{
	if (!s->sftp)
		return true;
	sftp_free(TAKE(s->sftp));
	return s->by->sftp_close(s->t, deadline, e);
}

/* After a failure nobody knows which answers are still to come. A server that ends without
 * a word isn't installed. */
static bool give_up(struct ssh *s, int64_t deadline, const struct err *why)
{
	struct err ignored;

	s->lacks_sftp = why->kind == ERR_REMOTE && !sftp_greeted(s->sftp);
	(void)put_end(s, deadline, &ignored);
	return false;
}

bool ssh_put(struct ssh *s, const char *dir, const struct ssh_file *files, size_t n,
	char **path, int64_t deadline, struct err *e)
{
	return begin(s, deadline, e) &&
		(staging_put(s->sftp, dir, files, n, path, deadline, e) ||
			give_up(s, deadline, e));
}

bool ssh_remove(struct ssh *s, const char *dir, int64_t deadline, struct err *e)
{
	return begin(s, deadline, e) &&
		(staging_remove(s->sftp, dir, deadline, e) || give_up(s, deadline, e));
}

bool ssh_look(struct ssh *s, const char *const *paths, size_t n, struct ssh_seen *seen,
	int64_t deadline, struct err *e)
{
	return begin(s, deadline, e) &&
		(place_look(s->sftp, paths, n, seen, deadline, e) ||
			give_up(s, deadline, e));
}

bool ssh_place(struct ssh *s, const struct ssh_placing *files, size_t n, bool *swapped,
	int64_t deadline, struct err *e)
{
	*swapped = false;
	return begin(s, deadline, e) &&
		(place_files(s->sftp, files, n, swapped, deadline, e) ||
			give_up(s, deadline, e));
}

bool ssh_restore(
	struct ssh *s, const char *const *paths, size_t n, int64_t deadline, struct err *e)
{
	return begin(s, deadline, e) &&
		(place_restore(s->sftp, paths, n, deadline, e) || give_up(s, deadline, e));
}

bool ssh_forget(
	struct ssh *s, const char *const *paths, size_t n, int64_t deadline, struct err *e)
{
	return begin(s, deadline, e) &&
		(place_forget(s->sftp, paths, n, deadline, e) || give_up(s, deadline, e));
}
