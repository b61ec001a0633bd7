/* Messages that tests publish, written by hand from docs/reference/wire.md, without the runtime's
 * own code for it: right ones, and ones that are wrong in any way. Change what you like before
 * letter_sign, and the MAC proves it; change it afterwards, and it does not. */
#ifndef SUPPORT_LETTER_H
#define SUPPORT_LETTER_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/digest.h"
#include "codec/message.h"

enum { LETTER_TEXT = 160, LETTER_VALUE = 2048, LETTER_MORE = 40 };

struct letter {
    char topic[LETTER_TEXT], key[LETTER_TEXT], id[LETTER_TEXT], type[LETTER_TEXT],
        tenant[LETTER_TEXT], actor[LETTER_TEXT], source[LETTER_TEXT], time[LETTER_TEXT],
        content_type[LETTER_TEXT], keyid[LETTER_TEXT], mac[LETTER_TEXT];
    char value[LETTER_VALUE];
    size_t value_size;
    const char *big_value;  /* instead of `value` where that is too small; `value_size` bytes */
    const char *without;    /* the header of this name is left out */
    const char *twice;      /* the header of this name comes twice */
    unsigned more;          /* headers x-0, x-1, ... behind the others; LETTER_MORE at most */
    const char *more_value; /* of each of them; NULL: a short one */
    uint8_t secret[MAC_KEY_BYTES];
};

/* A command as the ingress sends it for a user, with a fresh id, signed. Fails the test where the
 * body breaks its contract. */
struct letter letter_of(const struct message *message, struct tenant_id tenant,
                        struct user_id actor, const void *body);

/* An outside producer with a credential for one tenant and type. letter_from makes it the
 * letter's sender, and signs. */
struct producer {
    char id[64];
    uint8_t secret[MAC_KEY_BYTES];
};
struct producer producer_make(struct tenant_id tenant, const char *type);
void letter_from(struct letter *letter, const struct producer *producer);

void letter_sign(struct letter *letter);
void letter_post(const struct letter *letter); /* comes later: letters_arrive */

/* Waits until Kafka has everything that was posted; fails the test where it does not. */
void letters_arrive(void);

/* After a topic was made again: who posts then knows nothing of the old one. */
void letters_forget_topics(void);

#endif
