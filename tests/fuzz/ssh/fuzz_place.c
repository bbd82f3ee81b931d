/*
 * What a host answers over SFTP while a file is looked at, put in place, and put back or
 * proved. The first byte is how many bytes arrive at a time, and by its lowest bit which.
 */
#include "ssh/private/place.h"
#include "ssh/tape.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool end(struct sftp *f, bool back, struct err *e)
{
	static const char *const paths[] = { "/a/b" };

	sftp_forget(f);
	return back ? place_restore(f, paths, 1, 0, e) : place_forget(f, paths, 1, 0, e);
}

static bool all(struct sftp *f, bool back, struct ssh_seen *seen, struct err *e)
{
	static const char *const paths[] = { "/a/b" };
	static const struct ssh_placing file = {
		.path = "/a/b", .data = "12345", .len = 5, .mode = 0600, .owned = true
	};
	bool swapped;

	if (!place_look(f, paths, 1, seen, 0, e))
		return false;
	sftp_forget(f);
	return place_files(f, &file, 1, &swapped, 0, e) && end(f, back, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tape t = { data + 1, len ? len - 1 : 0, 0, len ? data[0] + 1U : 1 };
	AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ tape_move, &t });
	struct ssh_seen seen = { .content = BUF_EMPTY };
	struct err e;

	(void)!all(f, len && (data[0] & 1), &seen, &e);
	buf_clear(&seen.content);
	return 0;
}
