/* libcurl's multi interface asks to watch sockets and to be called after a while; the loop does
 * both, and tells it what happened. */
#include "fetch/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { STATUS_OK = 200, CONNECT_MS_MAX = 5000 };

struct fetch {
    struct loop *loop;
    struct fetch_options options;
    CURLM *multi;
    struct loop_timer *timer;
};

struct fetch_get {
    struct fetch *fetch;
    CURL *easy;
    struct curl_slist *fields;
    struct buf body;
    void (*done)(void *data, struct span body, const char *error);
    void *data;
    char error[CURL_ERROR_SIZE + 64];
};

/* A socket that libcurl has us watch: its own, which it tells us to leave before it closes it. */
struct watched {
    struct fetch *fetch;
    struct loop_watch *watch;
    curl_socket_t socket;
};

static void free_get(struct fetch_get *get)
{
    if (get->easy)
        curl_multi_remove_handle(get->fetch->multi, get->easy);
    curl_easy_cleanup(get->easy);
    curl_slist_free_all(get->fields);
    buf_deinit(&get->body);
    free(get);
}

static void finish(struct fetch_get *get, CURLcode result)
{
    long status = 0;

    curl_easy_getinfo(get->easy, CURLINFO_RESPONSE_CODE, &status);
    if (buf_failed(&get->body))
        snprintf(get->error, sizeof get->error, "the document has more than %zu bytes",
                 get->fetch->options.max_bytes);
    else if (result != CURLE_OK && get->error[0] == '\0')
        snprintf(get->error, sizeof get->error, "%s", curl_easy_strerror(result));
    else if (result == CURLE_OK && status != STATUS_OK)
        snprintf(get->error, sizeof get->error, "the server answered %ld", status);
    else if (result == CURLE_OK)
        get->error[0] = '\0';
    if (get->error[0])
        get->done(get->data, span_of(NULL, 0), get->error);
    else
        get->done(get->data, buf_span(&get->body), NULL);
    free_get(get);
}

static void finish_those_that_are_over(struct fetch *fetch)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(fetch->multi, &left))) {
        struct fetch_get *get = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&get);
        finish(get, message->data.result);
    }
}

static void act(struct fetch *fetch, curl_socket_t socket, int events)
{
    int running;

    curl_multi_socket_action(fetch->multi, socket, events, &running);
    finish_those_that_are_over(fetch);
}

static void on_timer(void *data)
{
    act(data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *data)
{
    struct fetch *fetch = data;

    (void)multi;
    if (timeout_ms < 0)
        loop_timer_stop(fetch->timer);
    else
        loop_timer_start(fetch->timer, timeout_ms, 0);
    return 0;
}

static void on_ready(void *data, unsigned events)
{
    const struct watched *watched = data;

    act(watched->fetch, watched->socket,
        (events & LOOP_READABLE ? CURL_CSELECT_IN : 0) |
            (events & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0));
}

static struct watched *watch_socket(struct fetch *fetch, curl_socket_t socket)
{
    struct watched *watched = malloc(sizeof *watched);

    if (!watched)
        return NULL;
    *watched = (struct watched){.fetch = fetch, .socket = socket};
    watched->watch = loop_watch_new(fetch->loop, socket, on_ready, watched);
    if (!watched->watch) {
        free(watched);
        return NULL;
    }
    curl_multi_assign(fetch->multi, socket, watched);
    return watched;
}

/* Without a watch the fetch ends by its timeout. */
static int on_socket_wanted(CURL *easy, curl_socket_t socket, int what, void *data,
                            void *socket_data)
{
    struct watched *watched = socket_data;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watched)
            loop_watch_free(watched->watch);
        free(watched);
        return 0;
    }
    if (!watched)
        watched = watch_socket(data, socket);
    if (watched)
        loop_watch_set(watched->watch, (what & CURL_POLL_IN ? LOOP_READABLE : 0) |
                                           (what & CURL_POLL_OUT ? LOOP_WRITABLE : 0));
    return 0;
}

struct fetch *fetch_new(struct loop *loop, const struct fetch_options *options)
{
    struct fetch *fetch;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    fetch = calloc(1, sizeof *fetch);
    if (!fetch) {
        curl_global_cleanup();
        return NULL;
    }
    fetch->loop = loop;
    fetch->options = *options;
    fetch->timer = loop_timer_new(loop, on_timer, fetch);
    fetch->multi = curl_multi_init();
    if (!fetch->timer || !fetch->multi ||
        !(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS)) {
        fetch_free(fetch);
        return NULL;
    }
    curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETDATA, fetch);
    curl_multi_setopt(fetch->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(fetch->multi, CURLMOPT_TIMERDATA, fetch);
    return fetch;
}

void fetch_free(struct fetch *fetch)
{
    if (!fetch)
        return;
    curl_multi_cleanup(fetch->multi);
    loop_timer_free(fetch->timer);
    free(fetch);
    curl_global_cleanup();
}

static size_t on_body(char *bytes, size_t one, size_t count, void *data)
{
    struct fetch_get *get = data;

    if (get->body.size + one * count > get->fetch->options.max_bytes)
        get->body.failed = true;
    buf_add(&get->body, bytes, one * count);
    return buf_failed(&get->body) ? 0 : one * count; /* less than all ends the transfer */
}

/* A connection is made for each document: they are fetched minutes apart. */
static bool set_up(struct fetch_get *get, const char *url)
{
    const struct fetch_options *options = &get->fetch->options;
    const char *scheme = strncmp(url, "https:", 6) == 0 ? "https" : "http";
    CURL *easy = get->easy;

    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, scheme) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           (!options->ca_file ||
            curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file) == CURLE_OK) &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, get->fields) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "idpmc") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           /* What is given up while its name is looked up does not wait for the look-up. */
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)options->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS_MAX) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, get) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, get->error) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, get) == CURLE_OK;
}

struct fetch_get *fetch_start(struct fetch *fetch, const char *url,
                              void (*done)(void *data, struct span body, const char *error),
                              void *data)
{
    struct fetch_get *get = calloc(1, sizeof *get);

    if (!get)
        return NULL;
    *get = (struct fetch_get){.fetch = fetch, .done = done, .data = data};
    get->fields = curl_slist_append(NULL, "Accept: application/json");
    get->easy = curl_easy_init();
    if (!get->fields || !get->easy || !set_up(get, url) ||
        curl_multi_add_handle(fetch->multi, get->easy) != CURLM_OK) {
        free_get(get);
        return NULL;
    }
    return get;
}

void fetch_cancel(struct fetch_get *get)
{
    if (get)
        free_get(get);
}
