/*
 * inventory_check - an inventory from a text, and playbooks that need no files.
 */
#pragma once

#include "check.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/inventory_build.h"
#include "conf/private/inventory_read.h"

/* Two playbooks: postfix-inn with postfix and inn, web with apache and nginx. */
static struct file postfix_files[] = {
	{ .part = PART_PRIVKEY, .path = "/etc/postfix/key.pem", .mode = 0600 },
	{ .part = PART_FULLCHAIN, .path = "/etc/postfix/cert.pem", .mode = 0644 },
};
static struct file web_files[] = {
	{ .part = PART_FULLCHAIN, .path = "/etc/ssl/web.pem", .mode = 0644 },
};
static struct service mail_services[] = {
	{ .name = "postfix",
		.files = postfix_files,
		.n_files = 2,
		.reload = "postfix reload",
		.rollback = true,
		.wait = 15 },
	{ .name = "inn", .rollback = true, .wait = 15 },
};
static struct service web_services[] = {
	{ .name = "apache",
		.files = web_files,
		.n_files = 1,
		.rollback = true,
		.wait = 15 },
	{ .name = "nginx", .files = web_files, .n_files = 1, .rollback = true, .wait = 15 },
};
static struct playbook playbook_list[] = {
	{ .name = "postfix-inn",
		.file = "p/postfix-inn.yml",
		.services = mail_services,
		.n_services = 2 },
	{ .name = "web", .file = "p/web.yml", .services = web_services, .n_services = 2 },
};
static int port_25(const char *protocol)
{
	(void)protocol;
	return 25;
}
static const char *const protocol_names[] = { "smtp", "nntp", "https", NULL };
static const struct protocols test_protocols = { protocol_names, port_25 };
static const struct playbooks test_playbooks = { playbook_list, 2, &test_protocols };

/* NULL with errors in *all. */
static inline const struct inventory *inventory_of(
	struct arena *a, const char *text, struct errs *all)
{
	struct inventory_tree *t = tree_new(a);
	const struct node *root;
	struct err e;

	*all = (struct errs){ .n = 0 };
	root = yaml_load(a, text, strlen(text), "hosts.yml", &e);
	if (!root || !(inventory_read_groups(t, root, "/etc/inv/hosts.yml", all), true)) {
		*errs_next(all) = e;
		return NULL;
	}
	if (!all->n && !tree_finish(t, &e))
		*errs_next(all) = e;
	return all->n ? NULL : inventory_build(t, &test_playbooks, all);
}

static inline const struct inventory *inventory_ok(struct arena *a, const char *text)
{
	const struct inventory *inv;
	struct errs all;

	inv = inventory_of(a, text, &all);
	if (!inv)
		fail_msg("%s\n%d:%d: %s", text, all.list[0].pos.line, all.list[0].pos.col,
			all.list[0].msg);
	return inv;
}

static inline const struct host *host_ok(
	struct arena *a, const char *text, const char *name)
{
	const struct host *h = inventory_host(inventory_ok(a, text), name);

	if (!h)
		fail_msg("no host %s in\n%s", name, text);
	return h;
}

/* The text is refused with exactly this as its first error: "LINE:COL: MESSAGE". */
static inline void inventory_refused(const char *text, const char *want)
{
	AUTO(arena) struct arena *a = arena_new();
	struct errs all;
	char got[600];

	if (inventory_of(a, text, &all))
		fail_msg("accepted:\n%s", text);
	assert_true(all.list[0].kind == ERR_CONFIG);
	snprintf(got, sizeof got, "%d:%d: %s", all.list[0].pos.line, all.list[0].pos.col,
		all.list[0].msg);
	assert_string_equal(got, want);
}

/* Write a file below a scratch directory. */
static inline void put_file(const char *dir, const char *name, const char *text)
{
	AUTO(str) char *path = fs_join(dir, name);
	AUTO(str) char *parent = fs_dirname(path);
	struct err e;

	assert_ok(fs_mkdirs(parent, 0700, &e), &e);
	assert_ok(fs_write(path, text, strlen(text), 0600, &e), &e);
}
