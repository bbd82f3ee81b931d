/*
 * What can be told of a private key without opening it.
 */
#include "check.h"
#include "ssh/private/keyfile.h"

#include "ssh/private/known_hosts.h"

#include <sys/stat.h>

/* The frames of key files; what a key would be is left out. */
#define OPENSSH(body)                                                                      \
	"-----BEGIN OPENSSH PRIVATE KEY-----\n" body "\n-----END OPENSSH PRIVATE KEY-----\n"
/* "openssh-key-v1\0", none, none, "", 1, a public key of type ssh-ed25519 */
#define PLAIN                                                                              \
	"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAFAAAAAtzc2gtZWQyNTUxOQAAAAFB"
#define LOCKED                                                                             \
	"b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAEbm9uZQAAAAAAAAABAAAAFAAAAAtzc2gtZWQyNTUxOQAAAAFB"
#define GCM                                                                                \
	"b3BlbnNzaC1rZXktdjEAAAAAFmFlczI1Ni1nY21Ab3BlbnNzaC5jb20AAAAEbm9uZQAAAAAAAAABAAAAFAAAAAtzc2gtZWQyNTUxOQAAAAFB"
#define RSA                                                                                \
	"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAEAAAAAdzc2gtcnNhAAAAAUE="

static const struct row {
	const char *name, *text, *pub;
	bool encrypted, rsa;
	const char *type;
} rows[] = {
	{ "OpenSSH", OPENSSH(PLAIN), "", false, false, "ssh-ed25519" },
	{ "OpenSSH with a passphrase", OPENSSH(LOCKED), "", true, false, "ssh-ed25519" },
	{ "OpenSSH with an AEAD cipher", OPENSSH(GCM), "", true, false, "ssh-ed25519" },
	{ "OpenSSH RSA", OPENSSH(RSA), "", false, true, "ssh-rsa" },
	{ "OpenSSH cut in its public key",
		OPENSSH("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAFAAAAAtz"),
		"", false, false, NULL },
	{ "OpenSSH cut in its cipher", OPENSSH("b3BlbnNzaC1rZXktdjEAAAAABG5v"), "", false,
		false, NULL },
	{ "OpenSSH, nothing", OPENSSH("b3BlbnNzaC1rZXktdjEA"), "", false, false, NULL },
	{ "PEM EC", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
		"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAABQQ== me\n", false,
		false, "ecdsa-sha2-nistp256" },
	{ "PEM with a passphrase",
		"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n",
		"", true, false, NULL },
	{ "PEM RSA",
		"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
		"", false, true, NULL },
	{ "PKCS#8 RSA",
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwDQYJKoZIhvcNAQEBBQAE\n-----END PRIVATE KEY-----\n",
		"", false, true, NULL },
	{ "PKCS#8 with a passphrase",
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"", true, false, NULL },
	{ "the .pub file is garbage",
		"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
		"ecdsa !!!", false, false, NULL },
	{ "no key", "hello\n", "", false, false, NULL },
	{ "empty", "", "", false, false, NULL },
	{ "no end", "-----BEGIN OPENSSH PRIVATE KEY-----\n" LOCKED "\n", "", false, false,
		NULL },
};

static void told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct keyfile k = { .text = BUF_EMPTY };
		char *type;

		keyfile_inspect(&k, r->text, strlen(r->text), r->pub);
		type = key_blob_type(k.blob.data, k.blob.len);
		assert_int_equal(k.aead, strstr(r->name, "AEAD") != NULL);
		if (k.encrypted != r->encrypted || k.rsa != r->rsa ||
			strcmp(type ? type : "", r->type ? r->type : "") != 0)
			fail_msg("%s: encrypted %d, rsa %d, %s", r->name, k.encrypted,
				k.rsa, type ? type : "no type");
		free(type);
		keyfile_clear(&k);
	}
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void read_once(void **state)
{
	struct err e = { 0 };
	const struct keyfile *k;
	char path[200];

	snprintf(path, sizeof path, "%s/key", (char *)*state);
	assert_err(keyfile_get(path, &e), &e, ERR_IO, "key");
	write_file(path, rows[0].text, 0644);
	assert_err(keyfile_get(path, &e), &e, ERR_REFUSED, "chmod 600");
	write_file(path, rows[0].text, 0600);
	k = keyfile_get(path, &e);
	assert_non_null(k);
	assert_string_equal(k->text.data, rows[0].text);
	unlink(path);
	assert_ptr_equal(keyfile_get(path, &e), k);
	keyfile_forget();
	assert_null(keyfile_get(path, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told),
		scratch_test(read_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
