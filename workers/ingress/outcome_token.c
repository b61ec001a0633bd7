#include "outcome_token.h"

#include <errno.h>

#include "auth/base64url.h"
#include "auth/seal.h"

/* Sealed: tenant, actor, id, digest, and the type's text behind them. */
enum { TENANT_AT = 0, ACTOR_AT = 16, ID_AT = 32, DIGEST_AT = 48, TYPE_AT = 80 };

int outcome_token_write(const struct outcome_token *token, const uint8_t seal_key[static 32],
                        struct buf *out)
{
    cleanup(buf_deinit) struct buf plain = {0}, sealed = {0};
    int r;

    buf_make_room(&plain, TYPE_AT + strlen(token->message->type));
    buf_add(&plain, &token->tenant, sizeof token->tenant);
    buf_add(&plain, &token->actor, sizeof token->actor);
    buf_add(&plain, &token->id, sizeof token->id);
    buf_add(&plain, &token->digest, sizeof token->digest);
    buf_add_text(&plain, token->message->type);
    if (buf_failed(&plain))
        return -ENOMEM;
    r = seal(seal_key, "outcome", buf_span(&plain), &sealed);
    if (r < 0)
        return r;
    base64url_encode(buf_span(&sealed), out);
    return buf_failed(out) ? -ENOMEM : 0;
}

int outcome_token_read(struct span text, const uint8_t seal_key[static 32],
                       struct outcome_token *ret_token)
{
    cleanup(buf_deinit) struct buf sealed = {0}, plain = {0};
    struct outcome_token token;
    int r;

    if (base64url_decode(text, &sealed) < 0)
        return -EBADMSG;
    r = seal_open(seal_key, "outcome", buf_span(&sealed), &plain);
    if (r < 0)
        return r;
    if (plain.size <= TYPE_AT)
        return -EBADMSG;
    memcpy(&token.tenant, plain.data + TENANT_AT, sizeof token.tenant);
    memcpy(&token.actor, plain.data + ACTOR_AT, sizeof token.actor);
    memcpy(&token.id, plain.data + ID_AT, sizeof token.id);
    memcpy(&token.digest, plain.data + DIGEST_AT, sizeof token.digest);
    token.message = message_find(span_of(plain.data + TYPE_AT, plain.size - TYPE_AT));
    if (!token.message || token.message->kind != MESSAGE_COMMAND)
        return -EBADMSG;
    *ret_token = token;
    return 0;
}
