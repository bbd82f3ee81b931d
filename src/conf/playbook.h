/*
 * playbook - how one kind of service takes a certificate.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "conf/secret.h"

enum part {
	/* as the store has them */
	PART_PRIVKEY,
	PART_CERT,
	PART_CHAIN,
	PART_FULLCHAIN,
	/* rendered from those */
	PART_COMBINED,    /* several of them in one PEM file */
	PART_PKCS12,      /* key and chain (RFC 7292) */
	PART_DER,         /* the certificate */
	PART_PRIVKEY_DER, /* the key, as PKCS#8 (RFC 5958) */
};

const char *part_name(enum part p); /* "privkey" … */

/* One path that must hold one part. */
struct file {
	enum part part;
	const char *path; /* absolute, on the host */
	const char *
		owner; /* user name or number; NULL: whoever installs (root under become) */
	const char *group; /* or NULL */
	unsigned mode; /* permission bits; 0600 for what holds a key, 0644 for the others by
			  default */
	const char *certificate; /* one of the service's; NULL in a playbook: not known yet
				  */
	const char *as_written;  /* the path, as the playbook or the inventory has it */
	const enum part *order;  /* of PART_COMBINED: the store's parts in it */
	size_t n_order;
	struct secret_source passphrase; /* of PART_PKCS12; none: an empty one */
	struct pos pos;
};
bool file_holds_key(const struct file *f);
/* Are there certificates in it, in PEM? And is the first of them the leaf? */
bool file_holds_certificates(const struct file *f);
bool file_holds_leaf(const struct file *f);

/* What makes something of files: a map into which postmap -F puts keys and chains. */
struct build {
	const char *command;
	const char *const *inputs; /* of the service's files, as_written; none: any */
	size_t n_inputs;
	struct pos pos;
};

/* What is made sure of its TLSA records before a key is changed. */
enum tlsa { TLSA_UNSAID, TLSA_NONE, TLSA_REQUIRE, TLSA_MANAGE };
/* "none", "require", "manage"; NULL: nobody says. */
const char *tlsa_word(enum tlsa t);

/* One question to ask of the running service afterwards. */
struct check {
	const char *protocol; /* "smtp", "https" … */
	int port;             /* 0: the protocol's own */
	const char *host;     /* where to connect; NULL: the host's address */
	const char *name;     /* SNI and name that must match; NULL: of each certificate the
				 first that isn't a wildcard */
	enum tlsa tlsa;       /* TLSA_UNSAID: as the service says */
	bool client_auth;     /* the certificate must be good for a TLS client too */
	bool tunnel; /* from the host itself, through its SSH session: host is what it calls
			it, NULL: "localhost" */
	struct pos pos;
};

/*
 * A service of a playbook, and also, merged with what the inventory says of it, a service
 * of a host: then it has certificates, and each file has one of them.
 */
struct service {
	const char *name;
	const char *const *certificates; /* names in the store; without repetition */
	size_t n_certificates;
	struct pos certificates_pos; /* where the inventory says so */
	struct file *files;
	size_t n_files;
	bool swap_directory; /* all lie in one, which is replaced as a whole; else each by
				itself */
	struct build *builds;
	size_t n_builds;
	const char *validate; /* shell command lines as root; NULL: none */
	const char *reload;
	const char *restart;
	struct check *checks;
	size_t n_checks;
	bool rollback;    /* auto (default) or never: put the previous files back when
			     something fails */
	enum tlsa tlsa;   /* of its checks that say nothing else; TLSA_UNSAID: none */
	bool client_auth; /* of all its checks */
	int wait; /* seconds within which the service must serve the new certificate (15) */
	struct pos pos;
};

/* What counts for one of a service's checks: TLSA_NONE where nobody says anything. */
enum tlsa check_tlsa(const struct service *s, const struct check *c);

/* What a check may speak. */
struct protocols {
	const char *const *names;      /* NULL-terminated */
	int (*port)(const char *name); /* 0: none of its own, so that a check must say it */
};

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
	const struct protocols *protocols; /* as they were given to playbooks_load */
};

/*
 * All *.yml and *.yaml of the directories, in order; the first one that defines a service
 * wins, but one directory may not define it twice. A directory that doesn't exist is
 * skipped only if `optional`. `protocols` must outlive the playbooks. NULL with errors.
 */
struct playbook_dir {
	const char *path;
	bool optional;
};
const struct playbooks *playbooks_load(struct arena *a, const struct playbook_dir *dirs,
	size_t n, const struct protocols *protocols, struct errs *all) NODISCARD;

/* The definition of a service, NULL if no playbook has it. *playbook, if not NULL: whose it
 * is. */
const struct service *playbooks_service(
	const struct playbooks *p, const char *name, const struct playbook **playbook);
