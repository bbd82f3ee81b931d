/*
 * tlsa - the TLSA records that clients of a service go by (RFC 7672, RFC 7673), brought
 * together for probe, which knows nothing of the DNS.
 */
#pragma once

#include "base/arena.h"

struct question;
struct survey;

/* "_25._tcp.mail.example.net": where the records are that clients of it go by, whose place
 * and name are known; NULL if they go by none. */
const char *tlsa_place(struct arena *a, const struct question *q) NODISCARD;

/*
 * Fill in what DNSSEC proves of them in each question: of SMTP between mail servers and of
 * XMPP always, of other protocols where the inventory says that there are some; none where
 * it says so. What doesn't count is a note.
 */
void tlsa_look_up(struct survey *s);
