#!/bin/bash
# message.sh MODULE NAME: writes contract, handler and test of a new command that does nothing yet,
# and adds its rows to the worker.
name=message
. "$(dirname "$0")/common.sh"

module=${1:-} message=${2:-}
[[ $module =~ ^[a-z][a-z0-9]*$ && -f workers/$module/worker.c && -f workers/$module/handlers/handlers.h ]] ||
    fail "there is no worker \"$module\"; those with handlers are: $(
        for file in workers/*/handlers/handlers.h; do cut -d / -f 2 <<<"$file"; done | paste -s -d ' '
    )"
[[ $message =~ ^[a-z]+(-[a-z]+)+$ && ${#message} -le 40 ]] ||
    fail "\"$message\" is no name of a command: two or more lower-case words with - between them, 40 letters at most, as in NAME=create-team"

function=${message//-/_}
constant=${module}_$function
handler=workers/$module/handlers/$function.c
free "contracts/$module/$message.yaml" "$handler" \
    "tests/unit/workers/$module/handlers/test_$function.c"
row="    {&${constant}_message, ${function}_load, ${function}_decide},"
worker=workers/$module/worker.c
header=workers/$module/handlers/handlers.h

# shellcheck disable=SC2034 # common.sh reads it
words=(-e "s/@module@/$module/g" -e "s/@message@/$message/g" -e "s/@function@/$function/g"
    -e "s/@MESSAGE@/${function^^}/g" -e "s/@MODULE@/${module^^}/g")
fill contract.yaml "contracts/$module/$message.yaml"
fill handler.c "$handler"
fill test.c "tests/unit/workers/$module/handlers/test_$function.c"

# add FILE BEFORE LINE WHAT: puts the line before the first one that matches, or says it.
add() {
    if grep -qE "$2" "$1"; then
        LINE=$3 awk -v before="$2" '!done && $0 ~ before {print ENVIRON["LINE"]; done = 1} {print}' \
            "$1" >"$1.new"
        cat "$1.new" >"$1"
        rm "$1.new"
        echo "edited  $1: $4"
    else
        echo "edit    $1 yourself: add"
        echo "$3"
    fi
}

grep -q "\"contracts/$module.h\"" "$worker" ||
    add "$worker" '^#include "handlers/handlers.h"' "#include \"contracts/$module.h\"" "its contracts"
add "$worker" '^    \{NULL, NULL, NULL\},' "$row" "the row of its handler"

# Behind the last handler, or before the end of a file that has none.
if grep -q '^HANDLER(' "$header"; then
    LINE="HANDLER($function);" awk '/^HANDLER\(/ {last = NR} {line[NR] = $0}
        END {for (i = 1; i <= NR; i++) {print line[i]; if (i == last) print ENVIRON["LINE"]}}' \
        "$header" >"$header.new"
    cat "$header.new" >"$header"
    rm "$header.new"
    echo "edited  $header: its handler's declaration"
else
    add "$header" '^#endif' "HANDLER($function);
" "its handler's declaration"
fi

cat <<LINES

Say in contracts/$module/$message.yaml what it carries, who may send it and what it is refused for, then
in $handler what follows. Its test says so, too: \`make unit ONLY=workers/$module\`.
docs/guides/add-a-message.md explains each word.
LINES
