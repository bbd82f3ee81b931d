/*
 * tlsa - the TLSA records that clients of a service go by (RFC 7672, RFC 7673), brought
 * together for probe, which knows nothing of the DNS.
 */
#pragma once

struct survey;

/*
 * Fill in what DNSSEC proves of them in each question: of SMTP between mail servers and of
 * XMPP always, of other protocols where the inventory says that there are some; none where
 * it says so. What doesn't count is a note.
 */
void tlsa_look_up(struct survey *s);
