/*
 * tree - stores to test with, as certpush and others lay them out.
 */
#pragma once

#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

#include <sys/stat.h>

/* A path below the scratch directory. */
static inline char *at(void **state, const char *path)
{
	return path_in(*state, path);
}

static inline struct bundle fixture(const char *which)
{
	AUTO(str) char *dir = path_in(FIXTURES, which);
	struct bundle b = BUNDLE_EMPTY;
	struct err e;

	assert_ok(bundle_load(dir, &b, &e), &e);
	return b;
}

/* Not fs_write, which waits for the disk. */
static inline void put(const char *dir, const char *file, const struct buf *text)
{
	AUTO(str) char *path = path_in(dir, file);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text->data, 1, text->len, f), text->len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static inline void put_text(const char *dir, const char *file, const char *text)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	buf_puts(&b, text);
	put(dir, file, &b);
}

static inline void put_link(const char *dir, const char *file, const char *target)
{
	AUTO(str) char *path = path_in(dir, file);

	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static inline void make_dir(const char *path)
{
	struct err e;

	assert_ok(fs_mkdirs(path, 0700, &e), &e);
}

/* STORE/NAME as dehydrated leaves it. */
static inline void dehydrated(const char *dir, const char *stamp, struct bundle *b)
{
	make_dir(dir);
	for (int part = 0; part < N_PARTS; part++) {
		const char *file = part_files[part];
		AUTO(str)
		char *name = xasprintf("%.*s-%s.pem", (int)strcspn(file, "."), file, stamp);

		put(dir, name, bundle_part(b, (enum part)part));
		put_link(dir, file, name);
	}
}

static inline bool holds_text(const char *dir, const char *file, const struct buf *want)
{
	AUTO(str) char *path = path_in(dir, file);
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;

	return fs_read(path, PART_MAX, &text, &e) && text.len == want->len &&
		memcmp(text.data, want->data, want->len) == 0;
}

/* All four public names hold this bundle's texts. */
static inline bool shows(const char *dir, struct bundle *b)
{
	for (int part = 0; part < N_PARTS; part++)
		if (!holds_text(dir, part_files[part], bundle_part(b, (enum part)part)))
			return false;
	return true;
}

/* store_read gives this bundle. */
static inline bool reads(const struct store *s, const char *name, const struct bundle *b)
{
	AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
	struct err e;

	return store_read(s, name, &got, &e) &&
		strcmp(got.fullchain_pem.data, b->fullchain_pem.data) == 0 &&
		strcmp(got.privkey_pem.data, b->privkey_pem.data) == 0;
}

static inline size_t count(const char *dir)
{
	char **names;
	size_t n;
	struct err e;

	assert_ok(fs_names(dir, &names, &n, &e), &e);
	fs_names_free(names, n);
	return n;
}

static inline unsigned mode_of(const char *dir, const char *file)
{
	AUTO(str) char *path = path_in(dir, file);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static inline struct store *open_store(void **state)
{
	struct err e;
	struct store *s = store_open(*state, true, &e);

	if (!s)
		fail_msg("%s", e.msg);
	return s;
}
