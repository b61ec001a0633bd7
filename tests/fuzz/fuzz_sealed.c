/* Texts that clients carry for us: cursors of pages and of events (also as Last-Event-ID), and
 * outcome tokens. The first byte says which; an odd one means that the rest is sealed first, as
 * only a holder of the secret could, so that what is behind the seal is reached. */
#include <errno.h>

#include "../workers/ingress/cursor.h"
#include "../workers/ingress/events_cursor.h"
#include "../workers/ingress/outcome_token.h"
#include "auth/base64url.h"
#include "auth/seal.h"
#include "fuzz.h"

static const uint8_t key[32] = {1, 2, 3};
static const struct tenant_id club = {{{1, [15] = 1}}};
static const char *const purposes[] = {"page cursor", "outcome", "event cursor"};

static void seal_text(const char *purpose, struct span plain, struct buf *out)
{
    cleanup(buf_deinit) struct buf sealed = {0};

    HOLDS(seal(key, purpose, plain, &sealed) == 0);
    base64url_encode(buf_span(&sealed), out);
}

static void read_page(struct span text)
{
    const struct digest about = digest_of(span_text("question"));
    cleanup(buf_deinit) struct buf again = {0};
    struct uuid from, read;

    if (cursor_read(text, &about, key, &from) < 0)
        return;
    HOLDS(cursor_write(&about, from, key, &again) == 0);
    HOLDS(cursor_read(buf_span(&again), &about, key, &read) == 0 && uuid_equal(read, from));
}

static void read_outcome(struct span text)
{
    cleanup(buf_deinit) struct buf again = {0};
    struct outcome_token token, read;

    if (outcome_token_read(text, key, &token) < 0)
        return;
    HOLDS(token.message && token.message->kind == MESSAGE_COMMAND);
    HOLDS(outcome_token_write(&token, key, &again) == 0);
    HOLDS(outcome_token_read(buf_span(&again), key, &read) == 0 && read.message == token.message);
}

static void read_events(struct span text)
{
    static const struct events_place list[] = {{"core", 0}, {"core", 1}, {"mc", 0}, {"mc", 1}};
    const struct events_places places = {list, COUNT_OF(list)};
    cleanup(buf_deinit) struct buf again = {0};
    int64_t offsets[COUNT_OF(list)], read[COUNT_OF(list)];

    if (events_cursor_read(text, club, places, key, offsets) < 0)
        return;
    for (size_t i = 0; i < places.count; i++) {
        HOLDS(offsets[i] >= EVENTS_UNKNOWN_OFFSET);
        offsets[i] = offsets[i] < 0 ? 0 : offsets[i];
    }
    HOLDS(events_cursor_write(club, places, offsets, key, &again) == 0);
    HOLDS(events_cursor_read(buf_span(&again), club, places, key, read) == 0);
    HOLDS(memcmp(read, offsets, sizeof read) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct span text) = {read_page, read_outcome, read_events};
    struct span input = span_of(data, size);
    uint8_t way = take_byte(&input);
    size_t which = way / 2 % COUNT_OF(readers);
    cleanup(buf_deinit) struct buf text = {0};
    char *copy;

    if (way & 1)
        seal_text(purposes[which], input, &text);
    else
        buf_add(&text, input.data, input.size);
    copy = copy_exactly(buf_span(&text));
    readers[which](span_of(copy, text.size));
    free(copy);
    return 0;
}
