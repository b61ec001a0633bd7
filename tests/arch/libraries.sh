#!/bin/bash
# Each third-party library's headers appear in one folder only; everything else is the C library's.
. "$(dirname "$(realpath "$0")")/../support/gates.sh"

# Whose a header is: the folder that may include it, or "libc". Unknown ones belong to nobody. OpenSSL
# is two libraries, libcrypto and libssl, which tell their errors in the same way.
owner_of() {
    case $1 in
    librdkafka/*) echo shared/bus ;;
    libpq-fe.h | libpq/*) echo shared/pg ;;
    hiredis/*) echo shared/cache ;;
    openssl/err.h) echo shared/auth shared/tls ;;
    openssl/ssl.h) echo shared/tls ;;
    jwt.h | openssl/*) echo shared/auth ;;
    uv.h | uv/*) echo shared/loop ;;
    curl/*) echo shared/fetch ;;
    http_parser.h | zlib.h) echo shared/http ;;
    msgpack.h | msgpack/* | jansson.h) echo shared/codec ;;
    yaml.h) echo contracts/generator ;;
    assert.h | ctype.h | dirent.h | endian.h | errno.h | fcntl.h | ftw.h | getopt.h | glob.h) echo libc ;;
    inttypes.h | limits.h | malloc.h | math.h | poll.h | pthread.h | pwd.h | sched.h | signal.h) echo libc ;;
    setjmp.h | stdalign.h | stdarg.h | stdatomic.h | stdbool.h | stddef.h | stdint.h) echo libc ;;
    stdio.h | stdlib.h | string.h | strings.h | time.h | unistd.h) echo libc ;;
    arpa/inet.h | netdb.h | netinet/*.h | sanitizer/*.h | sys/*.h) echo libc ;;
    *) echo nobody ;;
    esac
}

misplaced_libraries() {
    local file header owner
    includes "$1" 'shared/*.[ch]' 'workers/*.[ch]' 'contracts/*.[ch]' 'ops/*.[ch]' | grep ' <' |
        while read -r file header; do
            owner=$(owner_of "${header//[<>]/}")
            [ "$owner" = libc ] || [[ " $owner " == *" $(dirname "$file") "* ]] ||
                echo "$file includes $header, which is for $owner"
        done
}

test_each_library_is_included_in_its_folder_only() {
    holds misplaced_libraries
}

test_a_library_in_a_foreign_folder_is_caught() {
    catches misplaced_libraries shared/runtime/uow.c '#include <librdkafka/rdkafka.h>' &&
        catches misplaced_libraries shared/base/span.h '  #  include <jansson.h>' &&
        catches misplaced_libraries workers/mc/store.c '#include <libpq-fe.h>' &&
        catches misplaced_libraries shared/pg/deeper/down.c '#include <libpq-fe.h>'
}

test_a_library_that_nobody_listed_is_caught() {
    catches misplaced_libraries ops/fleetctl/token.c '#include <ldap.h>'
}

run_tests
