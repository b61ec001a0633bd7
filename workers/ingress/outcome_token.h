/* The address of an outcome: what it takes to find it, sealed, so that "never issued" is told from
 * "pending" and nobody asks for somebody else's. */
#ifndef INGRESS_OUTCOME_TOKEN_H
#define INGRESS_OUTCOME_TOKEN_H

#include "auth/digest.h"
#include "base/buf.h"
#include "codec/message.h"

struct outcome_token {
    const struct message *message;
    struct tenant_id tenant;
    struct user_id actor;
    struct message_id id;
    struct digest digest; /* of the payload */
};

/* Appends base64url text. 0 or negative. */
must_check int outcome_token_write(const struct outcome_token *token,
                                   const uint8_t seal_key[static 32], struct buf *out);

/* 0; -EBADMSG: forged, cut, or of what is not known as a command any more; -ENOMEM. */
must_check int outcome_token_read(struct span text, const uint8_t seal_key[static 32],
                                  struct outcome_token *ret_token);

#endif
