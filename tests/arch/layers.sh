#!/bin/bash
# shared/ is built in layers: each folder includes itself and what lies below it, base at the bottom,
# the runtime on top. Each header compiles on its own.
. "$(dirname "$(realpath "$0")")/../support/gates.sh"

# The folders under shared/ that one of them may include.
below() {
    case $1 in
    base) echo base ;;
    log | metrics | trace | codec | pg | tls) echo "base $1" ;;
    config | loop | bus) echo "base log $1" ;;
    auth) echo "base log codec auth" ;;
    fetch) echo "base log loop fetch" ;;
    cache) echo "base log metrics loop cache" ;;
    http) echo "base log metrics trace loop tls http" ;;
    describe) echo "base codec http describe" ;;
    runtime) echo "base log metrics trace config codec pg bus auth cache loop tls http runtime" ;;
    esac
}

# The one place in shared/ that knows an edge, so that the programs can be linked.
is_edge() {
    [[ $1 == shared/runtime/main/* && $2 == ../workers/ingress/ingress.h ]]
}

wrong_layers() {
    local file name layer
    includes "$1" 'shared/*.[ch]' | grep '"' | while read -r file name; do
        name=${name//\"/}
        layer=$(cut -d / -f 2 <<<"$file")
        [[ " $(below "$layer") " == *" ${name%%/*} "* ]] || is_edge "$file" "$name" ||
            echo "$file includes \"$name\", which is not below $layer"
    done
}

# What a folder keeps to itself says so in the header's name.
poked_into() {
    local file name
    includes "$1" 'shared/*.[ch]' 'workers/*.[ch]' 'ops/*.[ch]' |
        grep -E '_(private|internal|state)\.h"' | while read -r file name; do
            name=${name//\"/}
            [ "$(dirname "$file")" = "shared/${name%/*}" ] || [[ $name != */* ]] ||
                echo "$file includes \"$name\", which is private to shared/${name%/*}"
        done
}

# Headers are compiled with the flags that everything else was.
dependent_headers() {
    local flags
    read -r flags <"$build/flags"
    flags+=" $(pkg-config --cflags libpq) -I. -Ishared -I$build/gen"
    tree_files "$1" 'shared/*.h' | (cd "$1" && flags=$flags xargs -P 2 -I {} bash -c '
        echo "#include \"$1\"" | $flags -fsyntax-only -x c - >/dev/null 2>&1 ||
            echo "$1 does not compile on its own"' - {})
}

test_each_layer_includes_what_is_below_it_only() {
    holds wrong_layers
}

test_an_include_upwards_is_caught() {
    catches wrong_layers shared/base/buf.c '#include "log/log.h"' &&
        catches wrong_layers shared/pg/pg_value.c '#include "runtime/uow.h"' &&
        catches wrong_layers shared/trace/trace.h '#include "metrics/metrics.h"'
}

test_a_worker_in_the_library_is_caught() {
    catches wrong_layers shared/runtime/lane.c '#include "../workers/mc/store.h"' &&
        catches wrong_layers shared/runtime/lane.c '#include "contracts/mc.h"' &&
        catches wrong_layers shared/runtime/lane.c '#include "../workers/ingress/ingress.h"'
}

test_private_headers_stay_in_their_folder() {
    holds poked_into
}

test_a_foreign_private_header_is_caught() {
    catches poked_into shared/runtime/lane.c '#include "pg/pg_internal.h"' &&
        catches poked_into workers/ingress/ingress.c '#include "http/http_private.h"'
}

test_each_header_compiles_on_its_own() {
    holds dependent_headers
}

test_a_header_that_needs_another_before_it_is_caught() {
    mkdir -p "$place/small/shared/base"
    git -C "$place/small" init --quiet
    echo 'struct needy { struct span text; };' >"$place/small/shared/base/needy.h"
    dependent_headers "$place/small" >"$place/out"
    says out 'shared/base/needy.h does not compile on its own'
}

run_tests
