/*
 * replay - feed the files of a directory to a fuzz target once: what the fuzzer found stays a test.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void feed(const char *dir, const char *name)
{
	static uint8_t data[1 << 20];
	char path[4096];
	size_t len;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		exit(1);
	}
	len = fread(data, 1, sizeof data, f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, len);
}

int main(int argc, char **argv)
{
	DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int n = 0;

	if (!d) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.') {
			feed(argv[1], entry->d_name);
			n++;
		}
	closedir(d);
	printf("%d inputs\n", n);
	return n ? 0 : 1;
}
