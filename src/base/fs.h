/*
 * fs - files of this machine: read whole, write whole, never half.
 *
 * Paths are given as they are; errors name them.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

/* Append the whole file to out: one of more than `max` bytes is an error, so is a
 * directory. out is as before if it fails. */
bool fs_read(const char *path, size_t max, struct buf *out, struct err *e) NODISCARD;

/*
 * Like fs_read, for secrets: a file that group or others can read is refused
 * (ERR_REFUSED, "chmod 600 it").
 */
bool fs_read_secret(const char *path, size_t max, struct buf *out, struct err *e) NODISCARD;

/*
 * Write a temporary file in the same directory (never wider than mode, whatever the
 * umask), sync it, rename it over path, sync the directory. At every instant path is old
 * or new; of a run that was killed a file may stay whose name fs_is_temp.
 */
bool fs_write(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
	NODISCARD;

/*
 * The same for a file that is somebody's own: what is there keeps its mode and its owner,
 * and where it is a symbolic link, what that leads to is written. mode: of a new one.
 */
bool fs_rewrite(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
	NODISCARD;

/* ".NAME.XXXXXX.tmp": what a killed run leaves of fs_write and fs_symlink_swap. */
bool fs_is_temp(const char *name);

/* Create path and its missing parents; those it makes get the mode, whatever the umask. */
bool fs_mkdirs(const char *path, mode_t mode, struct err *e) NODISCARD;

/* Point the symlink `path` at `target` by one rename, and sync its directory. */
bool fs_symlink_swap(const char *target, const char *path, struct err *e) NODISCARD;

bool fs_sync_dir(const char *path, struct err *e) NODISCARD;

/* Remove a file or a whole tree; what is missing is no error. Symlinks are not followed. */
bool fs_remove_tree(const char *path, struct err *e) NODISCARD;

bool fs_exists(const char *path); /* a symlink that leads nowhere doesn't */
bool fs_is_dir(const char *path);

/*
 * dir + "/" + path, or path itself when it is absolute or dir is "." (or NULL), so that
 * messages name files as the user did; "~" and "~/" are the home directory.
 */
char *fs_join(const char *dir, const char *path) NODISCARD;
/* As dirname(1): "." if there is no "/", slashes at the end don't count. */
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
