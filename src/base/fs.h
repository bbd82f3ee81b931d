/*
 * fs - files of this machine: read whole, write whole, never half.
 *
 * Paths are given as they are; errors name them.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

/* The whole file, at most `max` bytes of it: a larger one is an error. Refuses directories.
 */
bool fs_read(const char *path, size_t max, struct buf *out, struct err *e) NODISCARD;

/*
 * Like fs_read, for secrets: a file that group or others can read is refused
 * ("chmod 600 it").
 */
bool fs_read_secret(const char *path, size_t max, struct buf *out, struct err *e) NODISCARD;

/*
 * Write a temporary file in the same directory (mode from its first byte), sync it,
 * rename it over path, sync the directory. At every instant path is old or new.
 */
bool fs_write(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
	NODISCARD;

/* Create path and its missing parents; those it makes get the mode. */
bool fs_mkdirs(const char *path, mode_t mode, struct err *e) NODISCARD;

/* Point the symlink `path` at `target` by one rename, and sync its directory. */
bool fs_symlink_swap(const char *target, const char *path, struct err *e) NODISCARD;

bool fs_sync_dir(const char *path, struct err *e) NODISCARD;

/* Remove a file or a whole tree; what is missing is no error. Symlinks are not followed. */
bool fs_remove_tree(const char *path, struct err *e) NODISCARD;

bool fs_exists(const char *path);
bool fs_is_dir(const char *path);

/* dir + "/" + path, or path itself when it is absolute; "~/" is the home directory. */
char *fs_join(const char *dir, const char *path) NODISCARD;
/* What precedes the last "/", "." if there is none. */
char *fs_dirname(const char *path) NODISCARD;

/*
 * An flock on `path` (made 0600), held by the descriptor until it is closed. The file
 * holds one line that says who has it. ERR_LOCKED tells that line.
 */
bool fs_lock(const char *path, const char *who, int *fd, struct err *e) NODISCARD;

/* The names in a directory, sorted by strcmp, without "." and ".."; free with
 * fs_names_free. */
bool fs_names(const char *dir, char ***names, size_t *n, struct err *e) NODISCARD;
void fs_names_free(char **names, size_t n);
