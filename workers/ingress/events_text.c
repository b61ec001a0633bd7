#include "events_text.h"

#include <errno.h>

#include "codec/codec.h"

static void add_id(struct buf *out, const char *name, struct uuid id)
{
    char text[UUID_TEXT + 1];

    buf_printf(out, ",\"%s\":\"%s\"", name, uuid_format(id, text));
}

static void add_text(struct buf *out, const char *name, struct span text)
{
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, text);
}

/* CloudEvents 1.0, JSON format; the extensions are those of the record's headers. */
static void add_attributes(const struct event *event, struct buf *out)
{
    char time[TIMESTAMP_TEXT + 1];

    buf_add_text(out, "{\"specversion\":\"1.0\"");
    add_id(out, "id", event->id.uuid);
    buf_printf(out, ",\"source\":\"/idpmc/%s\",\"type\":\"%s\"", event->message->module,
               event->message->type);
    add_id(out, "subject", event->subject);
    buf_printf(out, ",\"time\":\"%s\",\"datacontenttype\":\"application/json\"",
               timestamp_format(event->time, time));
    add_id(out, "tenant", event->tenant.uuid);
    add_text(out, "actor", event->actor);
    add_id(out, "correlationid", event->correlation.uuid);
    if (event->sequence.size)
        add_text(out, "sequence", event->sequence);
}

static int add_body(const struct event *event, struct arena *arena, struct buf *out)
{
    struct codec_errors errors = {.count = 0};
    const void *body;
    int r = (event->json ? codec_decode_json : codec_decode_msgpack)(
        event->message, event->value, CODEC_UNKNOWN_IGNORED, arena, &errors, &body);

    if (r == 0)
        r = codec_encode_json(event->message, body, out);
    return r > 0 ? -EBADMSG : r;
}

int events_text_write(const struct event *event, struct arena *arena, struct buf *out)
{
    size_t before = out->size;
    int r;

    buf_printf(out, "event: %s\ndata: ", event->message->type);
    add_attributes(event, out);
    buf_add_text(out, ",\"data\":");
    r = add_body(event, arena, out);
    buf_add_text(out, "}\n");
    if (r == 0 && buf_failed(out))
        r = -ENOMEM;
    if (r < 0)
        buf_truncate(out, before);
    return r;
}
