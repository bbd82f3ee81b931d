/*
 * store - what the files of this room share: paths, the four parts, JSON files.
 */
#pragma once

#include "store/store.h"

#include <cjson/cJSON.h>
#include <limits.h>

struct store {
	char *path;
	char id[17];
	int lock_fd; /* -1: not locked */
};

enum part { PRIVKEY, CERT, CHAIN, FULLCHAIN, N_PARTS };

/* "privkey.pem", "cert.pem", "chain.pem", "fullchain.pem". */
extern const char *const part_files[N_PARTS];

enum { PART_MAX = 256 * 1024, JSON_MAX = 1024 * 1024 };

/* The part of a bundle that goes into part_files[part]. */
struct buf *bundle_part(struct bundle *b, enum part part);

/*
 * STORE/NAME; NULL with *e set for a NAME that can't be a directory of the store: empty,
 * too long, with a slash or a control character, beginning with a dot, or a wildcard.
 */
char *store_dir(const struct store *s, const char *name, struct err *e) NODISCARD;

/* dir/file, malloc'ed. */
char *path_in(const char *dir, const char *file) NODISCARD;
/* A symlink's target, malloc'ed; NULL if path isn't a symlink. */
char *link_target(const char *path) NODISCARD;
/* Remove what a crash left. What can't be removed now is tried again by the next write. */
void sweep(const char *path);

/* True if all four public names of STORE/NAME lead through `current`. */
bool links_are_ours(const char *dir);
/* Read the four parts from one directory, and check that they belong together. */
bool bundle_load(const char *dir, struct bundle *b, struct err *e) NODISCARD;
/* Write them: the key 0600, the others 0644. */
bool bundle_save(const char *dir, const struct bundle *b, struct err *e) NODISCARD;

/* May a host be brought back to it? ERR_REFUSED where it is revoked, or is about to be. */
bool may_go_back(const struct store *s, const char *name, const struct bundle *b,
	struct err *e) NODISCARD;

DEFINE_AUTO(cJSON, json, cJSON_Delete)

/* A file that holds one JSON object. */
cJSON *record_read(const char *path, struct err *e) NODISCARD;
bool record_write(const char *path, const cJSON *json, struct err *e) NODISCARD;
/* A text member, malloc'ed into *out; NULL where it is missing or null. */
bool record_text(const cJSON *json, const char *name, char **out, struct err *e) NODISCARD;
/* A whole number from 0 to max; 0 where it is missing. */
bool record_number(const cJSON *json, const char *name, int64_t max, int64_t *out,
	struct err *e) NODISCARD;
/* A time; 0 where it is missing. */
bool record_time(const cJSON *json, const char *name, time_t *out, struct err *e) NODISCARD;
/* Nothing is added for NULL, nor for 0. */
void record_add_text(cJSON *json, const char *name, const char *s);
void record_add_time(cJSON *json, const char *name, time_t t);
