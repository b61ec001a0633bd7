#!/bin/bash
# What README.md and the HTTP guide show is what happens: every ```bash block is run, in order and in
# one shell, as a reader would, and what it answers has the statuses and the members that the block
# behind it shows. A value may differ, but for words such as status, code and type; an answer may have
# more than is shown, also other messages before it on a topic that others use.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

# The reader's repository: the programs, and the settings of the fleet that runs.
prepare() {
    rm -rf "${place:?}/home"
    mkdir -p "$place/home/.run" && ln -s "$programs" "$place/home/bin" || return 1
    printf "export %s='%s'\n" INGRESS_URL "$ingress" METRICS_URL "$admin" KAFKA_BROKERS \
        "$KAFKA_BROKERS" DATABASE_URL "$DATABASE_URL" REDIS_URL "$REDIS_URL" >"$place/home/.run/env"
}

# split FILE FOLDER: its blocks of shell as 1.bash, 2.bash, ..., and 1.shown where an answer is shown.
split() {
    mkdir -p "$2"
    awk -v folder="$2" '
        /^```/ && inside { inside = ""; next }
        /^```bash$/ { inside = folder "/" ++count ".bash"; answers = count; next }
        /^```/ { inside = answers ? folder "/" answers ".shown" : "/dev/null"; answers = 0; next }
        inside { print > inside }' "$1"
}

# The program that runs them all in one shell, each with an output of its own.
make_program() {
    local i
    echo 'set -u'
    for ((i = 1; i <= $2; i++)); do
        echo '{'
        cat "$1/$i.bash"
        printf '} >%q 2>&1\n' "$1/$i.told"
    done
}

# The JSON documents of an answer, behind status lines and header fields, or of a stream's events;
# what the guide leaves out ("...") is out.
documents() {
    tr -d '\r' <"$1" | sed 's/^data: //' | sed -nE '/^[[{]/,$p' |
        sed -E '/^(HTTP\/1\.1 |[A-Za-z-]*: )/d; s/,? *\.\.\.([]}]|$)/\1/' |
        jq -c .
}

statuses() {
    grep -oE '^HTTP/1\.1 [0-9]+' "$1"
}

# as_shown SHOWN TOLD
as_shown() {
    [ "$(statuses "$1")" = "$(statuses "$2")" ] && documents "$1" >"$place/shown" &&
        documents "$2" >"$place/told" || return 1
    jq -n --slurpfile shown "$place/shown" --slurpfile told "$place/told" -e '
        def has_all($shown; $told; $name):
            if ($shown | type) != ($told | type) then false
            elif ($shown | type) == "object" then
                all($shown | keys[]; . as $key | ($told | has($key)) and
                    has_all($shown[$key]; $told[$key]; $key))
            elif ($shown | type) == "array" then ($told | length) >= ($shown | length) and
                all(range($shown | length); has_all($shown[.]; $told[.]; ""))
            else ($name | IN("status", "state", "code", "type", "title", "pointer") | not) or
                $shown == $told end;
        all($shown[]; . as $one | any($told[]; has_all($one; .; "")))' >/dev/null
}

# follows FILE: everything in it is as it says.
follows() {
    local folder count i code=0
    folder=$place/$arrangement.$(basename "$1" .md)
    split "$1" "$folder"
    count=$(find "$folder" -name '*.bash' | wc -l)
    [ "$count" -gt 1 ] && make_program "$folder" "$count" >"$folder/program" || return 1
    (cd "$place/home" && timeout 60 bash "$folder/program") >"$folder/said" 2>&1 || code=1
    sed 's/^/# /' "$folder/said"
    for ((i = 1; i <= count; i++)); do
        [ -e "$folder/$i.shown" ] || continue
        as_shown "$folder/$i.shown" "$folder/$i.told" && continue
        printf '# block %d of %s:\n' "$i" "$1"
        sed 's/^/#   /' "$folder/$i.bash"
        echo '# answered:'
        (cat "$folder/$i.told" && echo) | sed 's/^/#   /'
        code=1
    done
    return "$code"
}

test_the_readme_is_as_it_says() {
    follows README.md
}

test_the_http_guide_is_as_it_says() {
    follows docs/guides/http.md
}

run_in_both
