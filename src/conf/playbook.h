/*
 * playbook - how one kind of service takes a certificate.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum part { PART_PRIVKEY, PART_CERT, PART_CHAIN, PART_FULLCHAIN };

const char *part_name(enum part p); /* "privkey" … */

/* One path that must hold one part. */
struct file {
	enum part part;
	const char *path; /* absolute, on the host */
	const char *
		owner; /* user name or number; NULL: whoever installs (root under become) */
	const char *group; /* or NULL */
	unsigned mode; /* permission bits; 0600 for privkey, 0644 for the others by default
			*/
};

/* What is made sure of its TLSA records before a key is changed. */
enum tlsa { TLSA_UNSAID, TLSA_NONE, TLSA_REQUIRE, TLSA_MANAGE };

/* One question to ask of the running service afterwards. */
struct check {
	const char *protocol; /* "smtp", "submission", "nntp", "nntps", "https", "imap",
				 "imaps" */
	int port;             /* 0: the protocol's own */
	const char *host;     /* where to connect; NULL: the host's address */
	const char *name;     /* SNI and name that must match; NULL: the certificate's first
				 that isn't a wildcard */
	enum tlsa tlsa;       /* TLSA_UNSAID: as the service says */
	struct pos pos;
};

/*
 * A service of a playbook, and also, merged with what the inventory says of it, a service
 * of a host: then certificate is set.
 */
struct service {
	const char *name;
	const char *certificate;    /* name in the store */
	struct pos certificate_pos; /* where the inventory says so */
	struct file *files;
	size_t n_files;
	const char *validate; /* shell command lines as root; NULL: none */
	const char *reload;
	const char *restart;
	struct check *checks;
	size_t n_checks;
	bool rollback;  /* auto (default) or never: put the previous files back when
			   something fails */
	enum tlsa tlsa; /* of its checks that say nothing else; TLSA_UNSAID: none */
	int wait; /* seconds within which the service must serve the new certificate (15) */
	struct pos pos;
};

/* What counts for one of a service's checks: TLSA_NONE where nobody says anything. */
enum tlsa check_tlsa(const struct service *s, const struct check *c);

struct playbook {
	const char *name; /* file name without directory and ending: a name for all its
			     services */
	const char *file;
	struct service *services;
	size_t n_services;
};

struct playbooks {
	struct playbook *list;
	size_t n;
	const char *const *protocols; /* as they were given to playbooks_load */
};

/*
 * All *.yml and *.yaml of the directories, in order; the first one that defines a service
 * wins, but one directory may not define it twice. A directory that doesn't exist is
 * skipped only if `optional`. `protocols`: the names a check may have, NULL-terminated
 * (probe_protocol_names). NULL with errors.
 */
struct playbook_dir {
	const char *path;
	bool optional;
};
const struct playbooks *playbooks_load(struct arena *a, const struct playbook_dir *dirs,
	size_t n, const char *const *protocols, struct errs *all) NODISCARD;

/* The definition of a service, NULL if no playbook has it. *playbook, if not NULL: whose it
 * is. */
const struct service *playbooks_service(
	const struct playbooks *p, const char *name, const struct playbook **playbook);
