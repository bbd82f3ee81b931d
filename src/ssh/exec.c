#include "ssh/private/exec.h"
#include "base/clock.h"
#include "ssh/private/channel.h"
#include "ssh/private/transport.h"

#include <string.h>

/* RFC 4254 6.10: the names that may come, and the numbers that shells add 128 to. */
static const struct {
	const char *name;
	int number;
} signals[] = { { "HUP", 1 }, { "INT", 2 }, { "QUIT", 3 }, { "ILL", 4 }, { "TRAP", 5 },
	{ "ABRT", 6 }, { "BUS", 7 }, { "FPE", 8 }, { "KILL", 9 }, { "USR1", 10 },
	{ "SEGV", 11 }, { "USR2", 12 }, { "PIPE", 13 }, { "ALRM", 14 }, { "TERM", 15 } };

/* A command in its run: what goes in, what comes out. */
struct run {
	struct session *s;
	LIBSSH2_CHANNEL *channel;
	const struct input *in;
	size_t sent;
	bool eof_sent;
	bool done;  /* both streams have ended */
	bool moved; /* something happened in this turn */
};

/* False if the session broke; *end once there is no more. */
static bool drain(struct run *r, int stream, struct buf *out, bool *end, struct err *e)
{
	char data[16384];
	ssize_t n = 1;

	/* Bounded, so that a command that never stops talking doesn't outrun its deadline.
	 */
	for (int i = 0; i < 64 && n > 0; i++) {
		size_t room = SSH_MAX_OUTPUT - out->len;

		n = channel_read(r->s, r->channel, stream, data, sizeof data, e);
		if (n <= 0)
			break;
		buf_add(out, data, (size_t)n < room ? (size_t)n : room);
		r->moved = true;
	}
	*end = n == CHANNEL_END;
	return n != CHANNEL_BROKEN;
}

/* False if the session broke; *over once nothing more will be sent. */
static bool pour(struct run *r, const struct ssh_result *result, bool *over, struct err *e)
{
	const char *data = r->in->data;
	ssize_t n = 1;
	size_t due = 0;

	while ((due = input_due(r->in, r->sent, &result->out, &result->err, over)) > 0 &&
		n > 0) {
		n = channel_write(r->s, r->channel, data + r->sent, due, e);
		r->sent += n > 0 ? (size_t)n : 0;
		r->moved = r->moved || n > 0;
	}
	*over = n == CHANNEL_END || (due == 0 && *over);
	return n != CHANNEL_BROKEN;
}

static bool feed(struct run *r, const struct ssh_result *result, struct err *e)
{
	bool over = true;
	int rc;

	if (r->eof_sent)
		return true;
	if (!pour(r, result, &over, e))
		return false;
	if (!over)
		return true;
	rc = libssh2_channel_send_eof(r->channel);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return true;
	r->eof_sent = true;
	return rc == 0 || session_err(r->s, rc, "writing to the host", e);
}

/* Reading goes first: a command that is stuck in its output doesn't read its input. */
static bool turn(struct run *r, struct ssh_result *result, struct err *e)
{
	bool out_ended, err_ended;

	r->moved = false;
	if (!drain(r, 0, &result->out, &out_ended, e) ||
		!drain(r, 1, &result->err, &err_ended, e))
		return false;
	r->done = out_ended && err_ended;
	return r->done || feed(r, result, e);
}

/* Exit status and signal arrive between the end of the output and the close. */
static bool await_close(struct run *r, int64_t deadline, struct err *e)
{
	int rc;

	if (!SESSION_CALL(r->s, rc, libssh2_channel_close(r->channel), deadline, e))
		return false;
	return rc == 0 || session_err(r->s, rc, "waiting for the command's end", e);
}

static int exit_status(struct run *r)
{
	char *name = NULL;
	int status = libssh2_channel_get_exit_status(r->channel);

	libssh2_channel_get_exit_signal(r->channel, &name, NULL, NULL, NULL, NULL, NULL);
	if (!name)
		return status;
	status = 128;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (strcmp(signals[i].name, name) == 0)
			status = 128 + signals[i].number;
	libssh2_free(r->s->session, name);
	return status;
}

/* Until it has answered, or ended. */
static bool follow(
	struct run *r, struct ssh_result *result, int64_t deadline, struct err *e)
{
	const char *last = r->in->last;

	while (!r->done && !ssh_answered(result, last)) {
		if (!turn(r, result, e))
			return false;
		if (!ssh_may_answer(result, last, e)) {
			r->s->lost = true;
			return false;
		}
		if (!r->done && !session_pause(r->s, r->moved, deadline, e))
			return false;
	}
	return true;
}

static bool finish(
	struct run *r, struct ssh_result *result, int64_t deadline, struct err *e)
{
	r->s->command = NULL;
	if (!await_close(r, deadline, e))
		return false;
	result->status = exit_status(r);
	return channel_close(r->s, r->channel, deadline, e);
}

bool session_exec(struct session *s, const char *command, const struct input *in,
	struct ssh_result *r, int64_t deadline, struct err *e)
{
	struct run run = { .s = s, .in = in };

	if (!s->command)
		s->command = channel_open(s, "exec", command, deadline, e);
	run.channel = s->command;
	return run.channel && follow(&run, r, deadline, e) &&
		(!run.done || finish(&run, r, deadline, e));
}
