/*
 * wants - what the services of a deployment are to hold: their certificates, each read and
 * judged once for all hosts, and what is rendered of them.
 */
#pragma once

#include "cli/deploy.h"

struct dane;
struct wants;

/* Of these hosts; tells which certificates aren't fit to be pushed, and which services must
 * be left out, since what they are to hold can't be had. d must outlive it. */
struct wants *wants_collect(
	const struct deploy *d, const struct host *const *hosts, size_t n) NODISCARD;
void wants_free(struct wants *w);
DEFINE_AUTO(struct wants, wants, wants_free)

/* How many certificates and services that were. */
size_t wants_unfit(const struct wants *w);

const struct contents *wants_contents(const struct wants *w);

/* From now on only what it permits is pushed to; it may be NULL. */
void wants_obey(struct wants *w, const struct dane *d);

/* Does the deployment mean it, whatever may stand in its way? */
bool wants_mean(const struct wants *w, const struct host *h, const struct service *s);

/* As struct dane_request and struct push take them, with the wants for ctx: what TLSA
 * records are looked at for; what is pushed to; what they must hold. */
bool wants_look_at(void *ctx, const struct host *h, const struct service *s);
bool wants_push_to(void *ctx, const struct host *h, const struct service *s);
const struct bundle *wants_bundle(void *ctx, const char *certificate);
