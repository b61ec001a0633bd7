#!/bin/bash
# The project's migrations, and those of the workers that only tests have, break no rule of
# migrations_lint.sql; and each of its rules finds the breach that is planted for it.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit

server=$DATABASE_URL
scratch=lint_$$
DATABASE_URL=$(sed -E "s#^(postgres(ql)?://[^/]*)/[^?]*#\1/$scratch#" <<<"$server")
export DATABASE_URL
unset IDPMC_DATABASE_URL

run_sql() {
    psql "$@" --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1
}

finish() {
    run_sql "$server" --command="drop database if exists $scratch with (force)"
}
trap finish EXIT

run_sql "$server" --command="create database $scratch" || exit 1
folders=(--migrations migrations)
for folder in tests/support/*/migrations; do
    folders+=(--migrations "$folder")
done
"${BIN:-bin}/fleetctl" migrate "${folders[@]}" >/dev/null || exit 1

# What the rules say after the SQL; nothing of it stays.
lint_after() {
    { echo "begin; $1;"; cat tests/integration/migrations_lint.sql; echo "rollback;"; } |
        run_sql "$DATABASE_URL" 2>&1
}

report() {
    echo "$1 $2"
}

clean_database() {
    local said
    said=$(lint_after "select")
    if [ -z "$said" ]; then
        report ok "the migrations break no rule"
    else
        sed 's/^/# /' <<<"$said"
        report "not ok" "the migrations break no rule"
    fi
}

# finds RULE SQL: the rule's words, after the SQL.
finds() {
    local said
    said=$(lint_after "$2")
    if grep -qF -- "$1: " <<<"$said"; then
        report ok "it finds: $1"
    else
        sed 's/^/# /' <<<"$said"
        report "not ok" "it finds: $1 (after: $2)"
    fi
}

tenant="nullif(current_setting('app.tenant', true), '')::uuid"
policy="alter policy one_tenant on mc.days"
definer="create function mc_api.peek() returns int language sql security definer"

clean_database
finds "row-level security is off" "alter table mc.days disable row level security"
finds "row-level security is off" "create table mc.notes (tenant uuid, note text)"
finds "row-level security is not forced" "alter table mc.days no force row level security"
finds "row-level security without a policy" "drop policy one_tenant on mc.days"
finds "policy without row-level security" "alter table mc.days disable row level security"
finds "policy is always true" "$policy using (true)"
finds "policy is always true" "$policy with check (true)"
finds "policy is always true" "create policy all_rows on core.members for select using (true)"
finds "policy does not ask for the tenant" "$policy using (player = (select $tenant))"
finds "policy does not ask for the tenant" "$policy using (tenant = (select $tenant) or closed)"
finds "policy is evaluated once a row" "$policy using (tenant = $tenant)"
finds "policy is evaluated once a row" "$policy with check (tenant = $tenant)"
finds "view with the rights of its owner" "create view mc_api.all_days as select * from mc.days"
finds "view with the rights of its owner" "alter role idpmc_api_owner login"
finds "view with the rights of its owner" "alter role idpmc_api_owner bypassrls"
finds "materialized view, which has no policies" \
    "create materialized view mc_api.old as select * from mc.days"
finds "foreign key without an index" "drop index core.team_members_in_order"
finds "foreign key without the tenant" \
    "create table platform.seasons (season uuid primary key);
     alter table mc.days add season uuid references platform.seasons"
finds "definer function with a mutable search_path" "$definer as 'select 1'"
finds "definer function that is not a published one" "$definer set search_path = '' as 'select 1'"
finds "everybody may execute" \
    "create function mc.one() returns int language sql as 'select 1';
     grant execute on function mc.one() to public"
finds "everybody has rights on" "grant select on mc.days to public"
finds "everybody has rights on schema" "grant usage on schema mc to public"
finds "everybody has rights on database" "grant temporary on database $scratch to public"
