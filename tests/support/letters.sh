# Sourced by the tests of `fleetctl dlq` and `fleetctl parked`: a scratch database of the server that
# DATABASE_URL names, and rows as lanes write them. Wants script_tests.sh.
# shellcheck shell=bash
server=$DATABASE_URL
scratch=letters_$$
club=0198c2a4-7d10-7c3e-9a51-0f6f2c1d4e5b
player=0198c2a4-8e21-7f4f-8b62-1a7f3d2e5f6c
topic=idpmc.mc.commands
unset IDPMC_DATABASE_URL

sql() {
    psql "$DATABASE_URL" --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
        --command="$1"
}

drop() {
    DATABASE_URL=$server sql "drop database if exists $scratch with (force)" 2>/dev/null
    rm -rf "$place"
}

# Headers as the tables keep them: each name and value behind its length.
make_database() {
    sql "create database $scratch"
    DATABASE_URL=$(sed -E "s#^(postgres(ql)?://[^/]*)/[^?]*#\1/$scratch#" <<<"$server")
    export DATABASE_URL
    tell 0 "$fleetctl" migrate || exit 1
    sql "create function public.packed(variadic parts text[]) returns bytea language sql as \$\$
            select coalesce(string_agg(int4send(octet_length(p)) || convert_to(p, 'UTF8'), '' order by n), '')
              from unnest(parts) with ordinality u(p, n) \$\$"
}

clear_rows() {
    sql "truncate mc.dead, mc.parked, mc.inbox, mc.position, core.dead, platform.operations"
}

# position PART NEXT
position() {
    sql "insert into mc.position (topic, part, next, epoch) values ('$topic', $1, $2, 1)
         on conflict (topic, part) do update set next = excluded.next"
}

id_of() {
    printf '0198c2a5-0a00-7000-8000-%012d' "$1"
}

key_of() {
    printf '%s/0198c2a4-0000-7000-8000-%012d' $club "$1"
}

# dead PART OFFSET KEY [CAUSE]: a proven one, with its outcome in the inbox. Its id ends with the offset.
dead() {
    sql "insert into mc.dead (topic, part, at, cause, detail, attempts, tenant, id, type, key, headers,
                              value, fingerprint, appended)
         values ('$topic', $1, $2, '${4:-culprit}', 'SQLSTATE 23514', 2, '$club', '$(id_of "$2")',
                 'mc.record-check.v1', '$(key_of "$3")', packed('ce_type', 'mc.record-check.v1'), 'v$2',
                 'f-${4:-culprit}', now());
         insert into mc.inbox (tenant, id, digest, type, outcome)
         values ('$club', '$(id_of "$2")', sha256('v$2'), 'mc.record-check.v1', -1)"
}

# parked PART OFFSET KEY CAUSE NEXT_TRY [HELD]: NEXT_TRY as SQL.
parked() {
    sql "insert into mc.parked (topic, part, at, hash, key, headers, value, appended, tenant, id, type,
                                cause, attempts, first_error, last_error, next_try, held)
         values ('$topic', $1, $2, $(hash_of "$3"), '$(key_of "$3")', packed('ce_type', 'x'), 'v$2', now(),
                 '$club', '$(id_of "$2")', 'mc.record-check.v1', '$4', 3, 'first words', 'last words', $5,
                 ${6:-false});
         insert into mc.inbox (tenant, id, digest, type, outcome)
         values ('$club', '$(id_of "$2")', sha256('v$2'), 'mc.record-check.v1', -2)"
}

# The Java client's murmur2 of the key, as a signed number.
hash_of() {
    python3 - "$(key_of "$1")" <<'PROGRAM'
import sys
data, mask = sys.argv[1].encode(), 0xffffffff
h = 0x9747b28c ^ len(data)
for i in range(0, len(data) - 3, 4):
    k = int.from_bytes(data[i:i + 4], "little") * 0x5bd1e995 & mask
    k = (k ^ k >> 24) * 0x5bd1e995 & mask
    h = (h * 0x5bd1e995 & mask) ^ k
rest = data[len(data) & ~3:]
if rest:
    h = (h ^ int.from_bytes(rest, "little")) * 0x5bd1e995 & mask
h = (h ^ h >> 13) * 0x5bd1e995 & mask
h ^= h >> 15
print(h - (1 << 32) if h >> 31 else h)
PROGRAM
}

# holds SQL WANTED: the query's rows, columns by "|", lines by blanks.
holds() {
    local got
    got=$(sql "$1" | paste -s -d ' ')
    [ "$got" = "$2" ] && return 0
    echo "# $1"
    echo "# wanted $2"
    echo "# got    $got"
    return 1
}

# is FILTER: jq finds it true of what the last run printed.
is() {
    jq -e "$1" "$place/out" >/dev/null && return 0
    echo "# wanted $1:"
    sed 's/^/# /' "$place/out"
    return 1
}
