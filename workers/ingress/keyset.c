#include "keyset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/digest.h"
#include "base/random.h"
#include "log/log.h"
#include "metrics/metrics.h"

struct keyset {
    struct loop *loop;
    struct fetch *fetch;
    const struct config_issuer *issuer;
    const struct keyset_events *events;
    void *data;
    int64_t refresh_ms;
    struct loop_timer *timer;   /* the next reading */
    struct loop_timer *waiting; /* runs while somebody may wait for a fetch */
    struct fetch_get *get;      /* under way; or NULL */
    struct digest document;     /* that the keys come from */
    bool is_there;              /* `document` was read; true as well where there is none to read */
    int64_t asked_ms;           /* when keyset_ask last had it read; 0: never */
    struct metrics_family *refreshes;
};

static const char *name_of(const struct config_issuer *issuer)
{
    return issuer->name ? issuer->name : "default";
}

static void count(const struct keyset *keyset, const char *result)
{
    metrics_add(metrics_series(keyset->refreshes,
                               (const char *const[]){name_of(keyset->issuer), result, NULL}),
                1);
}

/* The issuer's secret, and the keys of the document unless that is NULL. */
static int make_keys(const struct config_issuer *issuer, const struct span *document,
                     struct token_keys **ret_keys, struct buf *error)
{
    struct token_keys *keys = token_keys_new();
    int r = keys ? 0 : -ENOMEM;

    if (r == 0 && issuer->secret) {
        r = token_keys_add_secret(keys, NULL, span_text(issuer->secret));
        if (r == -EINVAL)
            buf_printf(error, "the secret of the issuer %s has fewer than 32 bytes",
                       name_of(issuer));
    }
    if (r == 0 && document)
        r = token_keys_add_jwks(keys, *document, error);
    if (r < 0)
        token_keys_free(keys);
    else
        *ret_keys = keys;
    return r;
}

static int read_file(const char *path, struct buf *out, struct buf *error)
{
    FILE *file = fopen(path, "re");
    char bytes[4096];
    size_t got;

    if (!file) {
        buf_printf(error, "%s: %s", path, strerror(errno));
        return -EINVAL;
    }
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0 && out->size <= KEYSET_BYTES_MAX)
        buf_add(out, bytes, got);
    fclose(file);
    return buf_failed(out) ? -ENOMEM : 0;
}

/* Spread by a tenth, or every process of a fleet would ask at the same moment. */
static void read_again_in(struct keyset *keyset, int64_t ms)
{
    uint16_t random;

    random_fill(&random, sizeof random);
    loop_timer_start(keyset->timer, ms * 9 / 10 + ms / 5 * random / UINT16_MAX, 0);
}

static void note_failure(struct keyset *keyset, const char *error)
{
    const struct log_context context = {.worker = "ingress", .error = error};
    bool soon = keyset->refresh_ms > KEYSET_RETRY_MS;

    count(keyset, "failed");
    log_warning(&context,
                keyset->is_there
                    ? "the key set of the issuer %s could not be read again; the last one stays"
                    : "the key set of the issuer %s could not be read; its tokens are not taken",
                name_of(keyset->issuer));
    read_again_in(keyset, soon ? KEYSET_RETRY_MS : keyset->refresh_ms);
}

static void note_document(struct keyset *keyset, struct span text)
{
    cleanup(buf_deinit) struct buf error = {0};
    struct digest digest = digest_of(text);
    struct token_keys *keys;

    if (keyset->is_there && digest_equal(&digest, &keyset->document)) {
        count(keyset, "same");
    } else if (make_keys(keyset->issuer, &text, &keys, &error) < 0) {
        note_failure(keyset, error.data ? error.data : "no memory");
        return;
    } else {
        keyset->document = digest;
        keyset->is_there = true;
        count(keyset, "changed");
        log_info(&(struct log_context){.worker = "ingress"}, "new keys of the issuer %s",
                 name_of(keyset->issuer));
        keyset->events->renewed(keyset->data, keys);
    }
    read_again_in(keyset, keyset->refresh_ms);
}

static void settle(struct keyset *keyset)
{
    if (!loop_timer_is_running(keyset->waiting))
        return;
    loop_timer_stop(keyset->waiting);
    keyset->events->settled(keyset->data);
}

static void on_fetched(void *data, struct span body, const char *error)
{
    struct keyset *keyset = data;

    keyset->get = NULL;
    if (error)
        note_failure(keyset, error);
    else
        note_document(keyset, body);
    settle(keyset);
}

static void refresh_file(struct keyset *keyset)
{
    cleanup(buf_deinit) struct buf text = {0};
    cleanup(buf_deinit) struct buf error = {0};

    if (read_file(keyset->issuer->jwks_file, &text, &error) < 0)
        note_failure(keyset, error.data ? error.data : "no memory");
    else
        note_document(keyset, buf_span(&text));
}

void keyset_refresh(struct keyset *keyset)
{
    const struct config_issuer *issuer = keyset->issuer;

    if (issuer->jwks_file)
        refresh_file(keyset);
    if (!issuer->jwks_url || keyset->get)
        return;
    keyset->get = fetch_start(keyset->fetch, issuer->jwks_url, on_fetched, keyset);
    if (!keyset->get)
        note_failure(keyset, "no memory");
}

static void on_timer(void *data)
{
    keyset_refresh(data);
}

static void on_waited_enough(void *data)
{
    struct keyset *keyset = data;

    keyset->events->settled(keyset->data);
}

bool keyset_ask(struct keyset *keyset)
{
    int64_t now_ms = loop_now_ms(keyset->loop);

    if (loop_timer_is_running(keyset->waiting))
        return true;
    if (!keyset->issuer->jwks_file && !keyset->issuer->jwks_url)
        return false;
    if (keyset->asked_ms && now_ms - keyset->asked_ms < KEYSET_RETRY_MS)
        return false;
    keyset->asked_ms = now_ms;
    keyset_refresh(keyset);
    /* A file has been read by now: who asked looks again in the next turn. */
    loop_timer_start(keyset->waiting, keyset->get ? KEYSET_WAIT_MS : 0, 0);
    return true;
}

bool keyset_is_there(const struct keyset *keyset)
{
    return keyset->is_there;
}

/* What is known without asking anybody: the file's keys, whose text goes to `text`, and the secret.
 */
static int first_keys(const struct config_issuer *issuer, struct buf *text,
                      struct token_keys **ret_keys, struct buf *error)
{
    cleanup(buf_deinit) struct buf why = {0};
    struct span document;
    int r;

    if (!issuer->jwks_file)
        return make_keys(issuer, NULL, ret_keys, error);
    r = read_file(issuer->jwks_file, text, error);
    if (r < 0)
        return r;
    document = buf_span(text);
    r = make_keys(issuer, &document, ret_keys, &why);
    if (r == -EINVAL)
        buf_printf(error, "%s, the key set of the issuer %s: %s", issuer->jwks_file,
                   name_of(issuer), why.data);
    return r;
}

int keyset_check(const struct config_issuer *issuer, struct buf *error)
{
    cleanup(buf_deinit) struct buf text = {0};
    struct token_keys *keys = NULL;
    int r = first_keys(issuer, &text, &keys, error);

    token_keys_free(keys);
    return r;
}

static int read_first(struct keyset *keyset, struct token_keys **ret_keys, struct buf *error)
{
    const struct config_issuer *issuer = keyset->issuer;
    cleanup(buf_deinit) struct buf text = {0};
    int r = first_keys(issuer, &text, ret_keys, error);

    if (r < 0)
        return r;
    keyset->is_there = !issuer->jwks_url;
    keyset->document = digest_of(buf_span(&text));
    if (issuer->jwks_url)
        loop_timer_start(keyset->timer, 0, 0);
    else if (issuer->jwks_file)
        read_again_in(keyset, keyset->refresh_ms);
    return 0;
}

int keyset_new(struct loop *loop, struct fetch *fetch, const struct config_issuer *issuer,
               int64_t refresh_s, const struct keyset_events *events, void *data,
               struct keyset **ret_keyset, struct token_keys **ret_keys, struct buf *error)
{
    static const char *const labels[] = {"issuer", "result", NULL};
    struct keyset *keyset = calloc(1, sizeof *keyset);
    int r = -ENOMEM;

    if (!keyset)
        return -ENOMEM;
    *keyset = (struct keyset){.loop = loop,
                              .fetch = fetch,
                              .issuer = issuer,
                              .events = events,
                              .data = data,
                              .refresh_ms = refresh_s * 1000,
                              .timer = loop_timer_new(loop, on_timer, keyset),
                              .waiting = loop_timer_new(loop, on_waited_enough, keyset)};
    keyset->refreshes =
        metrics_counter("idpmc_jwks_refreshes_total", "Readings of an issuer's key set.", labels);
    if (keyset->timer && keyset->waiting)
        r = read_first(keyset, ret_keys, error);
    if (r < 0)
        keyset_free(keyset);
    else
        *ret_keyset = keyset;
    return r;
}

void keyset_free(struct keyset *keyset)
{
    if (!keyset)
        return;
    fetch_cancel(keyset->get);
    loop_timer_free(keyset->timer);
    loop_timer_free(keyset->waiting);
    free(keyset);
}
