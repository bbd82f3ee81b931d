#include "cli/verb.h"
#include "base/text.h"

const struct verb verbs[] = {
	{ "renew", VERB_RENEW, cmd_renew,
		NEED_SETTINGS | NEED_STORE | NEED_LOCK | NEED_TRUST, "[CERT...]",
		"obtain the certificates that are due",
		"Due is what the store doesn't have, what is revoked, what has other names,\n"
		"key type, profile or CA than the settings say, what the CA wants renewed, and\n"
		"what has a third of its lifetime left (half, if that is under ten days).\n" },
	{ "plan", VERB_PLAN, cmd_plan,
		NEED_SETTINGS | NEED_INVENTORY | NEED_STORE | NEED_TRUST,
		"[SERVICE|PLAYBOOK...]", "show what push would change, and change nothing",
		"The hosts are really looked at, as with push --dry-run. Records that have to be\n"
		"published are told too: aliases, those of dns-persist-01, the TLSA of keys made\n"
		"in advance.\n" },
	{ "push", VERB_PUSH, cmd_push,
		NEED_SETTINGS | NEED_INVENTORY | NEED_STORE | NEED_LOCK | NEED_TRUST,
		"[SERVICE|PLAYBOOK...] | FILE",
		"bring hosts to what the store holds, and prove it",
		"What differs is sent, put in place, reloaded and asked for by handshake; if\n"
		"the new certificate isn't served in time, the host is put back as it was.\n"
		"FILE, of plan --out: that plan and nothing else; a host is refused where the\n"
		"store, the settings or what it holds isn't any more as it was then.\n" },
	{ "rollback", VERB_ROLLBACK, cmd_rollback,
		NEED_SETTINGS | NEED_INVENTORY | NEED_STORE | NEED_LOCK | NEED_TRUST,
		"-l PATTERN [SERVICE|PLAYBOOK...]",
		"bring hosts to what the store held before",
		"With the same proof as a push. The store stays as it is: the next push, also\n"
		"that of renew --push, brings those hosts forward again.\n" },
	{ "check", VERB_CHECK, cmd_check, NEED_SETTINGS | NEED_STORE, "[CERT...]",
		"warn of certificates in the store that expire soon",
		"For cron: silent, and exit status 0, when all is well. Without --warn, --days\n"
		"and $DAYS it warns below 20 days, or a quarter of the lifetime if that is less;\n"
		"7 days, or a tenth, are critical to monitors.\n"
		"A push that waits for its host's window is told too; it counts only if what\n"
		"the host holds is itself that near to its end.\n" },
	{ "check-remote", VERB_CHECK_REMOTE, cmd_check_remote, 0,
		"[PROTOCOL [HOST[:PORT]|PATTERN...]]",
		"ask services which certificate they serve now",
		"Without words every check of the inventory; with a protocol those of that\n"
		"protocol; with hosts those of these: hosts and patterns of the inventory, as\n"
		"-l takes them, or any others, for which no settings are needed. What ends\n"
		"soon isn't as it should be, by the same limits as with check.\n" },
	{ "inventory", VERB_INVENTORY, cmd_inventory, NEED_SETTINGS | NEED_INVENTORY, "",
		"show the inventory, as ansible-inventory does", NULL },
	{ "hosts", VERB_HOSTS, cmd_hosts, NEED_SETTINGS | NEED_INVENTORY | NEED_STORE,
		"trust [HOST...]",
		"let new host keys into known_hosts, once they are proved",
		"Each host is asked for its keys, the way a push goes there. What known_hosts\n"
		"doesn't have is asked about on the terminal, or trusted as an option says;\n"
		"without either nothing is changed. Without words: all hosts with services.\n" },
	{ "account", VERB_ACCOUNT, cmd_account, NEED_SETTINGS | NEED_STORE | NEED_LOCK,
		"show|register|rollover|deactivate [CA]",
		"look after the accounts at the settings' CAs",
		"show tells each account; register makes what isn't there yet and tells the CA\n"
		"a new contact; rollover gives an account another key; deactivate ends it for\n"
		"good. renew registers by itself.\n" },
	{ "revoke", VERB_REVOKE, cmd_revoke, NEED_SETTINGS | NEED_STORE | NEED_LOCK,
		"CERT...", "revoke what the store holds of these certificates",
		"The next renew replaces them; better push their successors first, as replace\n"
		"does. Reasons: unspecified (the default), keyCompromise, affiliationChanged,\n"
		"superseded, cessationOfOperation.\n" },
	{ "replace", VERB_REPLACE, cmd_replace,
		NEED_SETTINGS | NEED_INVENTORY | NEED_STORE | NEED_LOCK | NEED_TRUST,
		"CERT...", "new keys and certificates everywhere, then revoke the old ones",
		"Ordered with a new key, pushed to every host that uses it, proved there, and only\n"
		"then the old one is revoked; all key types of an entry together. If a host is\n"
		"left, nothing is revoked, and the next replace goes on; --force revokes all the\n"
		"same. Reasons as for revoke, without one superseded.\n" },
	{ "help", VERB_HELP, cmd_help, 0, "[VERB]", "explain a verb", NULL },
};
const size_t n_verbs = ARRAY_LEN(verbs);

const struct verb *verb_find(const char *name, struct err *e)
{
	const char *names[ARRAY_LEN(verbs) + 1] = { NULL };
	const char *near;

	for (size_t i = 0; i < n_verbs; i++) {
		if (text_eq(verbs[i].name, name))
			return &verbs[i];
		names[i] = verbs[i].name;
	}
	near = text_nearest(name, names);
	if (near)
		err_set(e, ERR_USAGE, "unknown verb '%s': did you mean %s?", name, near);
	else
		err_set(e, ERR_USAGE, "unknown verb '%s': see certpush --help", name);
	return NULL;
}
