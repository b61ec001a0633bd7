/* The limit of POST to 202: what the ingress does, with nothing beside it. One thread and one epoll
 * set for sockets and delivery reports; a token is known by a look-up of its bytes; the body is
 * parsed as JSON and its fields looked at; a record of the size that the ingress writes goes out
 * idempotent with acks=all, and its delivery report is answered by 202. No quota, no member, no
 * seal, no MAC, no metrics.
 *
 * edge ADDRESS:PORT BROKERS TOPIC RECORD_BYTES [LINGER_MS]; the tokens' secret (HS256) is
 * IDPMC_TOKEN_SECRET. */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/base64url.h"
#include "base/date.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/id.h"
#include "base/murmur2.h"

enum {
    EVENTS = 256,
    REQUEST_BYTES = 16384,
    RECORD_MAX = 4096,
    TOKENS = 65536, /* a power of two */
    TOKEN_S = 60,
    SCRATCH_BYTES = 262144,
    KEY_BYTES = 2 * UUID_TEXT + 1,
    HASHED_BYTES = 192, /* hexadecimal digits of a record that no other has: MAC, trace, ids */
    FLUSH_MS = 5000,
    CONNECT_MS = 10000,
    ANSWER_BYTES = 512,
};

struct connection {
    int fd;
    size_t size; /* of what was read */
    size_t used; /* by the request that is under way; 0: none */
    bool dead;   /* closed while its record was under way */
    char id[UUID_TEXT + 1];
    char bytes[REQUEST_BYTES + 1];
};

struct token {
    uint64_t hash; /* 0: an empty place */
    int64_t until_ms;
    struct span text; /* owned */
};

static struct {
    int epoll, listener, reports;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    int32_t partitions;
    size_t record_bytes;
    uint64_t random;
    char record[RECORD_MAX];
    const char *secret;
    struct token tokens[TOKENS];
} edge;

static volatile sig_atomic_t stopping;

static void on_signal(int signum)
{
    (void)signum;
    stopping = 1;
}

_Noreturn static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "edge: %s: %s\n", what, why);
    exit(1);
}

/* ---- JSON, in memory that is used again for each body ------------------------------------------
 */
static _Alignas(max_align_t) char scratch[SCRATCH_BYTES];
static size_t scratch_used;

static void *take_scratch(size_t size)
{
    const size_t all = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
    void *taken = scratch + scratch_used;

    if (all > sizeof scratch - scratch_used)
        return NULL;
    scratch_used += all;
    return taken;
}

static void keep_scratch(void *memory)
{
    (void)memory;
}

static bool is_text(const json_t *object, const char *name, size_t size)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) && json_string_length(value) == size;
}

/* The player of a check, in the scratch memory; NULL: this is no check. */
static const char *read_check(struct span body)
{
    const json_t *check;

    scratch_used = 0;
    check = json_loadb(body.data, body.size, JSON_REJECT_DUPLICATES, NULL);
    if (!check || !is_text(check, "player", UUID_TEXT) || !is_text(check, "habit", UUID_TEXT) ||
        !is_text(check, "day", DATE_TEXT) || !json_is_boolean(json_object_get(check, "done")))
        return NULL;
    return json_string_value(json_object_get(check, "player"));
}

/* ---- tokens -------------------------------------------------------------------------------------
 */
static bool is_signed(struct span token)
{
    const char *dot = memrchr(token.data, '.', token.size);
    uint8_t mac[EVP_MAX_MD_SIZE];
    struct buf given = {0};
    unsigned size = 0;
    bool fits;

    if (!dot || !HMAC(EVP_sha256(), edge.secret, (int)strlen(edge.secret),
                      (const uint8_t *)token.data, (size_t)(dot - token.data), mac, &size))
        return false;
    fits = base64url_decode(span_of(dot + 1, token.size - (size_t)(dot + 1 - token.data)),
                            &given) == 0 &&
           given.size == size && CRYPTO_memcmp(given.data, mac, size) == 0;
    buf_deinit(&given);
    return fits;
}

static bool learn_token(struct token *place, struct span text, uint64_t hash)
{
    char *copy;

    if (!is_signed(text))
        return false;
    copy = malloc(text.size);
    if (!copy)
        give_up("token", "no memory");
    memcpy(copy, text.data, text.size);
    free((char *)(uintptr_t)place->text.data);
    *place = (struct token){.hash = hash,
                            .until_ms = monotonic_ms() + TOKEN_S * 1000,
                            .text = span_of(copy, text.size)};
    return true;
}

static bool knows_token(struct span text, int64_t now_ms)
{
    const uint64_t hash = hash_bytes(0, text.data, text.size);
    struct token *place = &edge.tokens[hash & (TOKENS - 1)];

    if (place->hash == hash && place->until_ms > now_ms && span_equal(place->text, text))
        return true;
    return learn_token(place, text, hash);
}

/* ---- Kafka --------------------------------------------------------------------------------------
 */
static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[256];

    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK)
        give_up(name, error);
}

/* 0: the brokers do not know, or not yet. */
static int ask_partitions(void)
{
    const struct rd_kafka_metadata *metadata;
    int count;

    if (rd_kafka_metadata(edge.client, 0, edge.topic, &metadata, CONNECT_MS))
        return 0;
    count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

static void count_partitions(void)
{
    const int64_t end_ms = monotonic_ms() + CONNECT_MS;

    while ((edge.partitions = ask_partitions()) == 0) {
        if (monotonic_ms() > end_ms)
            give_up("Kafka", "there is no such topic");
        usleep(50000);
    }
}

static void open_producer(const char *brokers, const char *topic, const char *linger_ms)
{
    static const uint64_t one = 1; /* what an eventfd takes */
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char error[256];

    set(conf, "bootstrap.servers", brokers);
    set(conf, "enable.idempotence", "true");
    set(conf, "acks", "all");
    set(conf, "linger.ms", linger_ms);
    set(conf, "compression.type", "none"); /* of batches of one or two, lz4 costs 8 us each */
    set(conf, "batch.num.messages", "10000");
    set(conf, "socket.nagle.disable", "true");
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
    edge.client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (!edge.client)
        give_up("Kafka", error);
    edge.topic = rd_kafka_topic_new(edge.client, topic, NULL);
    edge.queue = rd_kafka_queue_get_main(edge.client);
    edge.reports = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!edge.topic || edge.reports < 0)
        give_up("Kafka", "no memory");
    rd_kafka_queue_io_event_enable(edge.queue, edge.reports, &one, sizeof one);
    count_partitions();
}

static uint64_t next_random(void)
{
    uint64_t z = edge.random += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    return z ^ z >> 31;
}

/* As large as the ingress's, headers and all, and as hard to compress. */
static void fill_record(struct connection *connection, struct span body)
{
    uint64_t random[HASHED_BYTES / 16];

    for (size_t i = 0; i < COUNT_OF(random); i++)
        random[i] = next_random();
    hex_format((const uint8_t *)random, sizeof random, edge.record);
    memcpy(edge.record + HASHED_BYTES, body.data, body.size);
    uuid_format(uuid_v7(timestamp_now().us / 1000), connection->id);
    memcpy(edge.record + HASHED_BYTES + body.size, connection->id, UUID_TEXT);
}

static bool publish(struct connection *connection, struct span tenant, const char *player,
                    struct span body)
{
    char key[KEY_BYTES];

    memcpy(key, tenant.data, UUID_TEXT);
    key[UUID_TEXT] = '/';
    memcpy(key + UUID_TEXT + 1, player, UUID_TEXT);
    fill_record(connection, body);
    return rd_kafka_produce(edge.topic, murmur2_partition(span_of(key, KEY_BYTES), edge.partitions),
                            RD_KAFKA_MSG_F_COPY, edge.record, edge.record_bytes, key, KEY_BYTES,
                            connection) == 0;
}

/* ---- HTTP ---------------------------------------------------------------------------------------
 */
struct request {
    struct span path, token, tenant, body;
    size_t length;
};

static void drop(struct connection *connection)
{
    close(connection->fd);
    connection->dead = true;
    if (connection->used == 0)
        free(connection);
}

/* False: the connection is gone. An answer is far smaller than what a socket takes. */
static bool send_all(struct connection *connection, const char *text, size_t size)
{
    if (send(connection->fd, text, size, MSG_NOSIGNAL) == (ssize_t)size)
        return true;
    drop(connection);
    return false;
}

static bool is_field(struct span line, const char *name, size_t size, struct span *ret_value)
{
    if (line.size <= size || strncasecmp(line.data, name, size) != 0)
        return false;
    while (size < line.size && line.data[size] == ' ')
        size++;
    *ret_value = span_of(line.data + size, line.size - size);
    return true;
}

static void read_field(struct span line, struct request *request)
{
    struct span value;

    if (is_field(line, "Content-Length:", 15, &value))
        request->length = strtoul(value.data, NULL, 10);
    else if (is_field(line, "X-Organization-ID:", 18, &value))
        request->tenant = value;
    else if (is_field(line, "Authorization: Bearer ", 22, &value))
        request->token = value;
}

/* Bytes of the first request, or 0: it is not all here. */
static size_t read_request(struct span bytes, struct request *ret_request)
{
    const char *end = memmem(bytes.data, bytes.size, "\r\n\r\n", 4), *at, *line_end;
    size_t head;

    if (!end)
        return 0;
    head = (size_t)(end + 4 - bytes.data);
    *ret_request = (struct request){.length = 0};
    line_end = memchr(bytes.data, '\r', bytes.size);
    ret_request->path = span_of(bytes.data, (size_t)(line_end - bytes.data));
    for (at = line_end + 2; at < end; at = line_end + 2) {
        line_end = memchr(at, '\r', (size_t)(end + 1 - at));
        read_field(span_of(at, (size_t)(line_end - at)), ret_request);
    }
    if (ret_request->length > bytes.size - head)
        return 0;
    ret_request->body = span_of(bytes.data + head, ret_request->length);
    return head + ret_request->length;
}

static bool is_refused(struct connection *connection, const struct request *request)
{
    static const char path[] = "POST /v1/commands/mc.record-check HTTP/1.1";
    const char *player = NULL;
    int status = 0;

    if (!span_is(request->path, path))
        status = 404;
    else if (!knows_token(request->token, monotonic_ms()))
        status = 401;
    else if (request->tenant.size != UUID_TEXT || !(player = read_check(request->body)) ||
             request->body.size + HASHED_BYTES + UUID_TEXT > edge.record_bytes)
        status = 422;
    else if (!publish(connection, request->tenant, player, request->body))
        status = 503;
    if (status)
        dprintf(connection->fd, "HTTP/1.1 %d Refused\r\nContent-Length: 0\r\n\r\n", status);
    return status > 0;
}

/* Begins with what is there, one request after the other: the next one waits for the answer. */
static void advance(struct connection *connection)
{
    struct request request;
    size_t used;

    while (connection->used == 0 &&
           (used = read_request(span_of(connection->bytes, connection->size), &request)) > 0) {
        connection->used = used;
        if (is_refused(connection, &request)) {
            connection->used = 0;
            drop(connection);
            return;
        }
    }
    if (connection->used == 0 && connection->size == REQUEST_BYTES)
        drop(connection);
}

static void receive(struct connection *connection)
{
    ssize_t size;

    if (connection->size == REQUEST_BYTES) { /* more is sent than one may send ahead */
        drop(connection);
        return;
    }
    size = recv(connection->fd, connection->bytes + connection->size,
                REQUEST_BYTES - connection->size, 0);
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0) {
        drop(connection);
        return;
    }
    connection->size += (size_t)size;
    connection->bytes[connection->size] = '\0';
    advance(connection);
}

/* "?" stands where the command's id goes. */
static const char accepted[] =
    "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 155\r\n"
    "Location: /v1/outcomes/?\r\n\r\n"
    "{\"id\":\"?\",\"type\":\"mc.record-check.v1\",\"status\":\"accepted\","
    "\"outcome\":\"/v1/outcomes/?\"}";
static const char failed[] =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n";

static size_t write_accepted(const char *id, char text[static ANSWER_BYTES])
{
    const char *from = accepted, *place;
    char *to = text;

    while ((place = strchr(from, '?'))) {
        to = mempcpy(mempcpy(to, from, (size_t)(place - from)), id, UUID_TEXT);
        from = place + 1;
    }
    return (size_t)((char *)mempcpy(to, from, strlen(from)) - text);
}

static void answer(struct connection *connection, bool delivered)
{
    char text[ANSWER_BYTES];
    size_t size;

    if (connection->dead) {
        free(connection);
        return;
    }
    size = write_accepted(connection->id, text);
    connection->size -= connection->used;
    memmove(connection->bytes, connection->bytes + connection->used, connection->size + 1);
    connection->used = 0;
    if (send_all(connection, delivered ? text : failed, delivered ? size : sizeof failed - 1) &&
        connection->size > 0)
        advance(connection);
}

static void take_reports(void)
{
    const rd_kafka_message_t *message;
    rd_kafka_event_t *event;
    uint64_t count;

    if (read(edge.reports, &count, sizeof count) < 0 && errno != EAGAIN)
        give_up("eventfd", strerror(errno));
    while ((event = rd_kafka_queue_poll(edge.queue, 0))) {
        while ((message = rd_kafka_event_message_next(event)))
            answer(message->_private, !message->err);
        rd_kafka_event_destroy(event);
    }
}

/* ---- the loop -----------------------------------------------------------------------------------
 */
static void watch(int fd, void *data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};

    if (epoll_ctl(edge.epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        give_up("epoll", strerror(errno));
}

static void take_connection(void)
{
    const int fd = accept4(edge.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct connection *connection;

    if (fd < 0)
        return;
    connection = malloc(sizeof *connection);
    if (!connection)
        give_up("connection", "no memory");
    connection->fd = fd;
    connection->size = connection->used = 0;
    connection->dead = false;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    watch(fd, connection);
}

static void listen_on(const char *address)
{
    const char *colon = strrchr(address, ':');
    struct sockaddr_in where = {.sin_family = AF_INET};
    char host[64];

    if (!colon)
        give_up(address, "no address:port");
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    where.sin_port = htons((uint16_t)atoi(colon + 1));
    edge.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(edge.listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (inet_pton(AF_INET, host, &where.sin_addr) != 1 ||
        bind(edge.listener, (const struct sockaddr *)&where, sizeof where) < 0 ||
        listen(edge.listener, SOMAXCONN) < 0)
        give_up(address, strerror(errno));
    watch(edge.listener, &edge.listener);
}

static void serve(void)
{
    while (!stopping) {
        struct epoll_event events[EVENTS];
        const int count = epoll_wait(edge.epoll, events, EVENTS, -1);
        bool reports = false;

        /* Reports last: they may free a connection that is among these events. */
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &edge.reports)
                reports = true;
            else if (events[i].data.ptr == &edge.listener)
                take_connection();
            else
                receive(events[i].data.ptr);
        }
        if (reports)
            take_reports();
    }
}

int main(int argc, char **argv)
{
    const struct sigaction stop = {.sa_handler = on_signal};

    edge.secret = getenv("IDPMC_TOKEN_SECRET");
    if (argc < 5 || argc > 6 || !edge.secret || atoi(argv[4]) < 1 || atoi(argv[4]) > RECORD_MAX) {
        fputs("usage: edge ADDRESS:PORT BROKERS TOPIC RECORD_BYTES [LINGER_MS]\n", stderr);
        return 2;
    }
    edge.record_bytes = (size_t)atoi(argv[4]);
    memset(edge.record, '.', sizeof edge.record);
    json_set_alloc_funcs(take_scratch, keep_scratch);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    open_producer(argv[2], argv[3], argc > 5 ? argv[5] : "1");
    edge.epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(edge.reports, &edge.reports);
    listen_on(argv[1]);
    serve();
    rd_kafka_flush(edge.client, FLUSH_MS);
    return 0;
}
