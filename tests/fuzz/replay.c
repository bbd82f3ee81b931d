/*
 * replay - feed the files of a directory to a fuzz target once: what the fuzzer found stays
 * a test.
 */
#include "run.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void feed(int (*target)(const uint8_t *, size_t), const char *dir, const char *name)
{
	static uint8_t text[1 << 20];
	char path[4096];
	uint8_t *data; /* of its very size, for the sanitizer to see who reads on */
	size_t len;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		exit(1);
	}
	len = fread(text, 1, sizeof text, f);
	fclose(f);
	data = malloc(len);
	memcpy(data, text, len);
	target(data, len);
	free(data);
}

int replay(int (*target)(const uint8_t *data, size_t len), const char *inputs)
{
	DIR *d = opendir(inputs);
	struct dirent *entry;
	int n = 0;

	if (!d) {
		perror(inputs);
		return 1;
	}
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.') {
			feed(target, inputs, entry->d_name);
			n++;
		}
	closedir(d);
	printf("%d inputs\n", n);
	return n ? 0 : 1;
}
