#!/bin/bash
# worker.sh NAME: writes the files of a new worker that handles nothing yet.
# shellcheck disable=SC2034 # common.sh reads them
name=worker
. "$(dirname "$0")/common.sh"

module=${1:-}
[[ $module =~ ^[a-z][a-z0-9]{1,19}$ ]] ||
    fail "\"$module\" is no name of a worker: 2 to 20 lower-case letters and digits, a letter first, as in NAME=abacus"
case $module in
ingress | platform | fleet | fleetctl | generator | lock | public | all | analyse | analyze | and | any | array | as | asc | \
    both | case | cast | check | collate | column | constraint | create | current | default | desc | \
    distinct | do | else | end | except | false | fetch | for | foreign | from | grant | group | \
    having | in | initially | intersect | into | lateral | leading | limit | not | null | offset | on | \
    only | or | order | placing | primary | references | returning | select | some | symmetric | table | \
    then | to | trailing | true | union | unique | user | using | variadic | when | where | window | with)
    fail "\"$module\" has a meaning of its own here or in SQL; take another name"
    ;;
esac

free "workers/$module" "contracts/$module" "migrations/$module" "tests/support/$module" \
    "tests/unit/workers/$module"
words=(-e "s/@module@/$module/g" -e "s/@MODULE@/${module^^}/g")
for file in worker.c store.c store.h handlers/handlers.h README.md; do
    fill "$file" "workers/$module/$file"
done
fill migration.sql "migrations/$module/0001_$module.sql"
fill test_worker.c "tests/unit/workers/$module/test_worker.c"

cat <<LINES

Build it by \`make bin/worker-$module\`. Its test says what comes next: \`make unit ONLY=workers/$module\`.
LINES
