/* fleetctl dlq: what could not be processed, and what shall become of it. */
#include "dlq.h"

static const char usage[] =
    "usage: fleetctl dlq list    [FILTER]... [--all] [--json]\n"
    "       fleetctl dlq show    [FILTER]... [--personal]\n"
    "       fleetctl dlq redrive --module MODULE [FILTER]... [--dry-run] [--rate N]\n"
    "                            [--max-replays N] [--out-of-order] [--by NAME]\n"
    "       fleetctl dlq discard --module MODULE [FILTER]... [--dry-run] [--rate N] [--yes]\n"
    "                            [--by NAME]\n\n"
    "list     groups dead letters by module, cause, type and fingerprint\n"
    "show     prints one of them whole, as JSON\n"
    "redrive  lets the worker try them again, in the order of their keys\n"
    "discard  gives them up; they stay to be looked at\n\n"
    "A FILTER is a place, TOPIC/PARTITION@OFFSET, or any of\n"
    "  --module MODULE --cause CAUSE --type TYPE --fingerprint TEXT --tenant UUID --id UUID\n"
    "  --key KEY --topic TOPIC --partition N --offset N --since TIME --until TIME\n"
    "A TIME is 2026-11-22T18:00:00Z, 2026-11-22, or an age: 90m, 2h, 3d.\n\n"
    "  --all            also those that were redriven or discarded before\n"
    "  --personal       shows what a contract marks as personal, and what cannot be read\n"
    "  --dry-run        says what would be done, and changes nothing\n"
    "  --rate N         at most N a second\n"
    "  --max-replays N  leaves those alone that were redriven N times (3)\n"
    "  --out-of-order   redrives also what later messages of its key have overtaken\n"
    "  --by NAME        who does it; the user and the host, unless given\n"
    "  --yes            does not ask\n\n"
    "IDPMC_DATABASE_URL or DATABASE_URL, or .run/env here or in a folder above, names the\n"
    "database and its operator; redrive wants IDPMC_KAFKA_BROKERS or KAFKA_BROKERS as well.\n";

int cmd_dlq(int argc, char **argv)
{
    static const struct letters_action actions[] = {
        {"dlq list", "faj", false, dlq_list},
        {"dlq show", "fp", false, dlq_show},
        {"dlq redrive", "fdbrno", true, dlq_redrive},
        {"dlq discard", "fdbrq", true, dlq_discard},
    };

    return letters_main(argc, argv, usage, actions, COUNT_OF(actions));
}
