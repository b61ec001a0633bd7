/* The table of problem codes. */
#include "http/http_codes.h"

#include "base/attr.h"

const struct http_code http_codes[] = {
    {"malformed_cursor", 400, "The cursor is not as it should be",
     "A `cursor` was changed, or is of another organization, query or other parameters than these; "
     "or "
     "Last-Event-ID is no `id` that a stream of this organization's events has told.",
     "Send what came last (`next`, the Link field, the event's `id`), unchanged and for the same "
     "question, or begin again without."},
    {"malformed_idempotency_key", 400, "The idempotency key is not as it should be",
     "Idempotency-Key is empty, has more than 128 characters, or one that is not visible ASCII.",
     "Send 1 to 128 visible ASCII characters, for example a UUID."},
    {"malformed_json", 400, "The body is not JSON",
     "The body is no JSON object in UTF-8, has a key twice, or nests too deep.",
     "Send one JSON object (RFC 8259); `detail` says where it ends to be one."},
    {"malformed_parameter", 400, "A parameter is malformed",
     "A parameter in the path or behind the question mark is not as the query's description says, "
     "is not known, or stands twice.",
     "`errors` names each parameter, with what was expected."},
    {"malformed_request", 400, "The request breaks the syntax of HTTP",
     "The head or the framing of the body breaks HTTP/1.1 or the stricter rules of this server. "
     "The "
     "connection is closed.",
     "`detail` says which rule. An ordinary HTTP client keeps them all."},
    {"organization_malformed", 400, "X-Organization-ID is not as it should be",
     "The field X-Organization-ID is missing, or is no UUID in lower case.",
     "Send the UUID of the organization that the request is about."},
    {"token_invalid", 401, "A valid bearer token is needed",
     "The token is no JSON web token of an accepted issuer, has expired, or its signature does not "
     "verify.",
     "`detail` says what is wrong; get a fresh token from the issuer."},
    {"token_missing", 401, "A valid bearer token is needed",
     "The request has no field `Authorization: Bearer <token>`.",
     "Send the token of the user in whose name the request is made."},
    {"forbidden", 403, "This is not permitted",
     "The user lacks the permission in the organization, for the team, or for the player. Told by "
     "a query, or as a command's outcome.",
     "Ask somebody who may change roles; the message's description names the permission."},
    {"not_a_member", 403, "You are not a member",
     "The token's user does not belong to the organization that X-Organization-ID names.",
     "Name another organization, or ask one of its administrators to add you."},
    {"too_many_players", 403, "You coach too many players",
     "A coach is told of the players of their teams, and a stream knows at most 5000 of them, each "
     "counted once for each of the coach's teams.",
     "Read with queries; or ask an administrator for fewer teams, or for a role that sees the "
     "whole organization."},
    {"not_found", 404, "There is no such thing",
     "Nothing is served at this path, or what a query asks for does not exist.",
     "Compare the path with /openapi.json, and its ids with what was created."},
    {"unknown_outcome", 404, "There is no such outcome",
     "The address of the outcome is not one that this user was given.",
     "Use the address that came with the 202, with a token of the same user."},
    {"unknown_type", 404, "There is no such type",
     "The path names no command that can be sent by HTTP, or `type` no event that can be seen.",
     "/openapi.json lists the commands, /asyncapi.json the events."},
    {"method_not_allowed", 405, "The path has no such method",
     "Something is served at this path, but not by this method.",
     "The Allow field of the answer names the methods."},
    {"request_timeout", 408, "The request came too slowly",
     "Head or body did not come in time, or at less than the smallest rate. The connection is "
     "closed.",
     "Send it again on a new connection, with the same Idempotency-Key."},
    {"rejected", 409, "The command was rejected",
     "The worker decided against the command, by a rule that this version of its contract does not "
     "name.",
     "The rejection is final for this command; look at what it is about before sending another."},
    {"replay_too_old", 410, "The replay does not reach back so far",
     "Events after Last-Event-ID are not held any more: the client was away for too long.",
     "Read anew what you show of the organization, and connect without Last-Event-ID."},
    {"body_too_large", 413, "The body is too large", "The body has more bytes than are taken.",
     "Send less at once."},
    {"unsupported_encoding", 415, "The body is encoded",
     "The request has a Content-Encoding other than identity. The connection is closed.",
     "Send the body as it is. Answers may be compressed: ask with Accept-Encoding."},
    {"unsupported_media_type", 415, "The body is of another type",
     "The Content-Type of the body is not application/json.",
     "Send `Content-Type: application/json`."},
    {"expectation_failed", 417, "The expectation cannot be met",
     "The field Expect asks for something else than 100-continue.", "Leave the field out."},
    {"idempotency_key_reused", 422, "The idempotency key was used before",
     "The Idempotency-Key came before, with another body.",
     "Use a new key for a new command, and the same one only to send the same command again."},
    {"invalid_body", 422, "The body breaks its contract",
     "Fields are missing, unknown, of another type or out of their bounds.",
     "`errors` names each field with a code and what was expected."},
    {"not_in_batch", 422, "The command cannot stand in a batch",
     "The command founds an organization, and a batch is for one that is there.",
     "Send it alone to /v1/commands, wait for it, and then send the batch."},
    {"too_many_commands", 422, "The batch has too many commands",
     "The batch has more than 500 commands. None of them was published.",
     "Send several batches, one after the other where their order matters."},
    {"quota_exceeded", 429, "The quota is used up",
     "You, or your organization by all who send for it, have sent more than the quota allows. "
     "Nothing was taken of the request.",
     "Wait as long as Retry-After says, and send it again with the same Idempotency-Key. RateLimit "
     "and RateLimit-Policy tell what is left, and of how much."},
    {"too_many_bad_tokens", 429, "Too many bad tokens",
     "Too many tokens that came from this address were not valid.",
     "Wait as long as Retry-After says, and stop sending tokens that were refused."},
    {"too_many_streams", 429, "You have too many streams open",
     "One user may have only so many streams of events open at a time.",
     "Close one of them, or share one; wait as long as Retry-After says."},
    {"failed", 500, "The command failed",
     "The command could not be processed. It is a dead letter, kept for an operator to look at.",
     "Sending it again with the same Idempotency-Key answers the same; tell an operator its id."},
    {"internal_error", 500, "Something went wrong here", "A fault of this server.",
     "Send it again with the same Idempotency-Key; tell an operator the `trace_id` if it stays."},
    {"overloaded", 503, "Too much is under way",
     "More requests, or batches, are being answered than the server takes on at once.",
     "Wait as long as Retry-After says, and send it again with the same Idempotency-Key."},
    {"too_many_connections", 503, "There are too many connections",
     "The server, or your address, has as many connections as are allowed. This one is closed.",
     "Wait as long as Retry-After says; keep connections open and use them again."},
    {"unavailable", 503, "The service is not available just now",
     "PostgreSQL or Kafka does not answer, or the keys of the token's issuer were not fetched yet. "
     "`detail` says what is known of the command.",
     "Wait as long as Retry-After says, and send it again with the same Idempotency-Key: it will "
     "have its effect once."},
};

const size_t http_code_count = COUNT_OF(http_codes);

const struct http_code *http_code_find(struct span code)
{
    for (size_t i = 0; i < http_code_count; i++)
        if (span_is(code, http_codes[i].code))
            return &http_codes[i];
    return NULL;
}

const struct http_code *http_code_answer(const char *code)
{
    const struct http_code *row = http_code_find(span_text(code));

    return row ? row : http_code_find(span_text("rejected"));
}
