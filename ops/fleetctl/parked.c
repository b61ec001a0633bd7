/* fleetctl parked: messages that wait to be tried again, or for an operator. */
#include "parked.h"

static const char usage[] =
    "usage: fleetctl parked list    [FILTER]... [--json]\n"
    "       fleetctl parked retry   --module MODULE [FILTER]... [--dry-run] [--by NAME]\n"
    "       fleetctl parked discard --module MODULE [FILTER]... [--dry-run] [--rate N] [--yes]\n"
    "                               [--by NAME]\n\n"
    "list     prints each key that waits: its first message, why, and how many wait behind it\n"
    "retry    has the keys of what matches tried again at once, also those that are held\n"
    "discard  makes dead letters of them that nobody will try again; their keys go on\n\n"
    "A FILTER is a place, TOPIC/PARTITION@OFFSET, or any of\n"
    "  --module MODULE --cause CAUSE --type TYPE --tenant UUID --id UUID --key KEY\n"
    "  --topic TOPIC --partition N --offset N --since TIME --until TIME\n"
    "A TIME is 2026-11-22T18:00:00Z, 2026-11-22, or an age: 90m, 2h, 3d.\n\n"
    "  --dry-run  says what would be done, and changes nothing\n"
    "  --rate N   at most N a second\n"
    "  --by NAME  who does it; the user and the host, unless given\n"
    "  --yes      does not ask\n\n"
    "IDPMC_DATABASE_URL or DATABASE_URL, or .run/env here or in a folder above, names the\n"
    "database and its operator.\n";

int cmd_parked(int argc, char **argv)
{
    static const struct letters_action actions[] = {
        {"parked list", "j", false, parked_list},
        {"parked retry", "db", true, parked_retry},
        {"parked discard", "dbrq", true, parked_discard},
    };

    return letters_main(argc, argv, usage, actions, COUNT_OF(actions));
}
