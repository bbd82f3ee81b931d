#include "push/private/sftp_only.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "digest/digest.h"

#include <ctype.h>
#include <stdio.h>

#define FILES_SECONDS 60

static int64_t soon(void)
{
	return deadline_in(FILES_SECONDS);
}

/* The paths of all targets of a plan, or of those that wanted() picks. */
struct paths {
	const char **list;
	size_t n;
};

static struct paths paths_of(
	struct job *j, const struct host_plan *p, bool (*wanted)(const struct target *t))
{
	struct paths out = { arena_calloc(j->arena, p->n_targets, sizeof *out.list), 0 };

	for (size_t i = 0; i < p->n_targets; i++)
		if (!wanted || wanted(&p->targets[i]))
			out.list[out.n++] = p->targets[i].file->path;
	return out;
}

static bool changes(const struct target *t)
{
	return t->why != NULL;
}

/* ---- looking ---- */

static enum seen_state state_of(enum ssh_state s)
{
	static const enum seen_state states[] = { [SSH_MISSING] = SEEN_MISSING,
		[SSH_REGULAR] = SEEN_FILE,
		[SSH_SYMLINK] = SEEN_LINK,
		[SSH_OTHER] = SEEN_OTHER };

	return states[s];
}

static bool is_number(const char *s)
{
	return isdigit((unsigned char)*s);
}

/* SFTP tells numbers alone, and the login can hardly change whose a file is: that is no
 * reason to push. */
static void as_wanted(char *name, size_t size, char *number, size_t number_size,
	const char *wanted, uint32_t id)
{
	snprintf(number, number_size, "%u", id);
	if (wanted && is_number(wanted))
		snprintf(number, number_size, "%s", wanted);
	snprintf(name, size, "%s", wanted ? wanted : number);
}

static void fill(struct seen_file *f, const struct target *t, const struct ssh_seen *s)
{
	struct err unread;

	*f = (struct seen_file){
		.state = state_of(s->state), .mode = s->mode, .owed = s->owed
	};
	if (f->state != SEEN_FILE)
		return;
	f->sha256 = sha256_of(s->content.data, s->content.len);
	as_wanted(f->owner, sizeof f->owner, f->uid, sizeof f->uid, t->file->owner, s->uid);
	as_wanted(f->group, sizeof f->group, f->gid, sizeof f->gid, t->file->group, s->gid);
	if (file_holds_leaf(t->file) && !sha256_eq(&f->sha256, &t->sha256) &&
		!chain_from_pem(s->content.data, s->content.len, &f->held, &unread))
		f->held = (struct chain){ 0 };
}

static bool see(struct job *j, struct ssh_seen *seen, struct err *e)
{
	const struct paths all = paths_of(j, j->plan, NULL);

	if (!ssh_look(carrier_ssh(j->carrier), all.list, all.n, seen, soon(), e))
		return false;
	for (size_t i = 0; i < all.n; i++)
		fill(&j->seen[i], &j->plan->targets[i], &seen[i]);
	return true;
}

static bool look(struct job *j, struct err *e)
{
	struct ssh_seen *seen = xcalloc(j->plan->n_targets + 1, sizeof *seen);
	bool ok;

	for (size_t i = 0; i < j->plan->n_targets; i++)
		buf_init(&seen[i].content);
	ok = see(j, seen, e);
	for (size_t i = 0; i < j->plan->n_targets; i++)
		buf_clear(&seen[i].content);
	free(seen);
	return ok;
}

/* Generations of a directory are made by commands. */
static bool by_files(const struct job *j, struct err *e)
{
	for (size_t i = 0; i < j->plan->n_services; i++) {
		const struct service *s = j->plan->services[i].service;

		if (s->swap_directory)
			return err_set(e, ERR_REFUSED,
				"%s: swap: directory needs commands, and none can be run there (sftp only)",
				s->name);
	}
	return true;
}

bool sftp_only_look(struct job *j, struct err *e)
{
	struct ssh *ssh = carrier_ssh(j->carrier);
	struct err why = { 0 };

	if (!ssh)
		return false;
	j->sftp_only = look(j, &why);
	/* a login shell that only says no says it to SFTP as well */
	if (!j->sftp_only && (ssh_lacks_sftp(ssh) || why.kind == ERR_PROTOCOL))
		return false;
	if (j->host->connection.become)
		return err_set(e, ERR_AUTH,
			"no command can be run there (sftp only), so nobody can be become: "
			"take ansible_become away, and log in as one who may write the files");
	if (!j->sftp_only) {
		*e = why;
		return false;
	}
	report_note(j->push->report, "%s: %s; all goes by SFTP", j->host->name, e->msg);
	return by_files(j, e);
}

static bool has_commands(const struct service *s)
{
	return s->n_builds > 0 || s->validate || s->reload || s->restart;
}

void sftp_only_tell(struct job *j)
{
	for (size_t i = 0; i < j->plan->n_services; i++) {
		const struct service_plan *s = &j->plan->services[i];

		if (s->reload_why && has_commands(s->service))
			report_warn(j->push->report,
				"%s: %s: no command can be run there (sftp only): reload it yourself",
				j->host->name, s->service->name);
	}
}

/* ---- putting in place ---- */

/* The number of who is to have it: as it is said, or as it is. */
static bool number_of(
	const char *wanted, const struct seen_file *f, const char *seen, uint32_t *id)
{
	const char *number = f->state == SEEN_FILE ? seen : NULL;

	if (wanted && is_number(wanted))
		number = wanted;
	else if (text_eq(wanted, "root"))
		number = "0";
	*id = number ? (uint32_t)strtoul(number, NULL, 10) : 0;
	return number != NULL;
}

static struct ssh_placing placing_of(const struct target *t)
{
	struct ssh_placing out = {
		.path = t->file->path,
		.data = t->content->data,
		.len = t->content->len,
		.mode = t->file->mode,
	};
	const bool user = number_of(t->file->owner, t->seen, t->seen->uid, &out.uid);
	const bool group = number_of(t->file->group, t->seen, t->seen->gid, &out.gid);

	out.owned = user && group;
	return out;
}

static void tell(
	struct remote_story *story, bool failed, const char *step, const char *text)
{
	struct remote_event ev = { .failed = failed, .index = -1, .text = xstrdup(text) };

	snprintf(ev.step, sizeof ev.step, "%s", step);
	GROW(story->events, story->n);
	story->events[story->n++] = ev;
}

static bool put_back(
	struct job *j, const struct paths *paths, struct remote_story *story, struct err *e)
{
	story->restored =
		ssh_restore(carrier_ssh(j->carrier), paths->list, paths->n, soon(), e);
	if (!story->restored && e->kind == ERR_REMOTE)
		tell(story, true, "restore", e->msg);
	return story->restored || e->kind == ERR_REMOTE;
}

bool sftp_only_apply(struct job *j, struct remote_story *story, struct err *e)
{
	const struct host_plan *p = j->group;
	struct ssh_placing *list = arena_calloc(j->arena, p->n_targets, sizeof *list);
	const struct paths paths = paths_of(j, p, changes);
	bool swapped = false;
	size_t n = 0;

	for (size_t i = 0; i < p->n_targets; i++)
		if (p->targets[i].why)
			list[n++] = placing_of(&p->targets[i]);
	if (n == 0 || ssh_place(carrier_ssh(j->carrier), list, n, &swapped, soon(), e))
		return true;
	if (e->kind != ERR_REMOTE)
		return false;
	tell(story, true, "swap", e->msg);
	return !swapped || put_back(j, &paths, story, e);
}

bool sftp_only_undo(struct job *j, struct remote_story *story, struct err *e)
{
	const struct paths paths = paths_of(j, j->group, NULL);

	return put_back(j, &paths, story, e);
}

bool sftp_only_commit(struct job *j, struct err *e)
{
	const struct paths paths = paths_of(j, j->group, NULL);

	return ssh_forget(carrier_ssh(j->carrier), paths.list, paths.n, soon(), e);
}
