/*
 * owing - pushes that wait for the windows of their hosts: remembered in the store, told by
 * check.
 */
#pragma once

#include "cli/context.h"
#include "push/push.h"

/*
 * After a push. done(ctx, host, service): it was looked at, and pushed or found to need
 * nothing. What can't be kept is a warning.
 */
void owing_keep(const struct context *c, const struct push_total *t,
	bool (*done)(void *ctx, const struct host *h, const struct service *s), void *ctx);

/*
 * A warning for each that is of one of these certificates. False if what a host holds ends
 * too soon, by the level that judge() gives the event, of which it has certificate and
 * not_after; or with *e.
 */
bool owing_tell(const struct context *c, const char *const *names, size_t n,
	void (*judge)(void *ctx, struct event *ev), void *ctx, struct err *e) NODISCARD;
