-- What every module's migrations stand on: the roles that all modules share, the platform's own
-- tables, and the functions by which a module makes its schema, its tenant tables and its published
-- views. Only the operator who migrates may call those functions.
--
-- Roles belong to the whole cluster, everything else to one database: a role that another database
-- made already is taken as it is.

revoke all on schema public from public;
alter default privileges revoke execute on functions from public;

-- Creates a role unless there is one; a race with another database's migration ends in the same role.
create function platform.create_role(role text, options text) returns void
language plpgsql set search_path = '' as $$
begin
    if not exists (select from pg_roles where rolname = role) then
        execute format('create role %I nosuperuser nocreatedb nocreaterole noreplication nobypassrls %s',
                       role, options);
    end if;
exception when duplicate_object or unique_violation then
    null;
end $$;

-- Makes `member` a member of `parent`, as create_role makes a role.
create function platform.join_role(member text, parent text) returns void
language plpgsql set search_path = '' as $$
begin
    if not exists (select from pg_auth_members m
                    where m.roleid = parent::regrole and m.member = join_role.member::regrole) then
        execute format('grant %I to %I', parent, member);
    end if;
exception when duplicate_object or unique_violation then
    null;
end $$;

-- How a program's session plans and how long it may hold what: plans are made once for any
-- parameters and never scan a whole table; a session that hangs lets go of its locks.
create function platform.set_role_settings(role text) returns void
language plpgsql set search_path = '' as $$
declare
    setting text;
begin
    foreach setting in array array[
        'plan_cache_mode = force_generic_plan',
        'jit = off',
        'enable_seqscan = off',
        'statement_timeout = ''30s''',
        'lock_timeout = ''5s''',
        'idle_in_transaction_session_timeout = ''10s''',
        'search_path = '''''
    ] loop
        execute format('alter role %I in database %I set %s', role, current_database(), setting);
    end loop;
end $$;

select platform.create_role('idpmc_worker', 'nologin');      -- what all workers may
select platform.create_role('idpmc_api_owner', 'nologin');   -- owns what modules publish
select platform.create_role('idpmc_ingress', 'login');
select platform.create_role('idpmc_core', 'login');
select platform.join_role('idpmc_core', 'idpmc_worker');
select platform.set_role_settings('idpmc_ingress');

do $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to idpmc_worker, idpmc_ingress', current_database());
end $$;

grant usage on schema platform to idpmc_worker;

-- Every organization and its time zone, for the timers. Written by core.
create table platform.tenants (
    tenant uuid primary key,
    zone   text not null
);
grant select on platform.tenants to idpmc_worker;
grant insert, update on platform.tenants to idpmc_core;

-- Credentials of event producers outside the fleet, limited to tenants and types.
create table platform.producers (
    keyid      text primary key check (keyid ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    secret     bytea not null check (octet_length(secret) = 32),
    tenants    uuid[] not null,
    types      text[] not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);
grant select on platform.producers to idpmc_worker;

-- Called by the statement that moves a position when its claim is no longer the lane's: the error
-- aborts the transaction, so that the COMMIT behind it in the pipeline rolls back.
create function platform.lost_claim() returns bigint
language plpgsql volatile set search_path = '' as $$
begin
    raise exception 'the claim of this partition is lost' using errcode = 'IDP01';
end $$;
grant execute on function platform.lost_claim() to idpmc_worker;

-- Gives a published object to idpmc_api_owner. An operator who is no superuser must be able to
-- become that owner, and the owner needs the schema's CREATE for as long as it takes.
create function platform.own_api(api text, object text) returns void
language plpgsql set search_path = '' as $$
begin
    if not pg_has_role('idpmc_api_owner', 'member') then
        execute format('grant idpmc_api_owner to %I', current_user);
    end if;
    execute format('grant create on schema %I to idpmc_api_owner', api);
    execute format('alter %s owner to idpmc_api_owner', object);
    execute format('revoke create on schema %I from idpmc_api_owner', api);
end $$;

-- A module: schemas M and M_api, login role idpmc_M, the runtime tables, and what the ingress may
-- know of them.
create function platform.create_module(module text) returns void
language plpgsql set search_path = '' as $$
declare
    role text := 'idpmc_' || module;
    api  text := module || '_api';
begin
    if module !~ '^[a-z][a-z0-9_]{0,30}$' or module ~ '_api$'
       or module in ('platform', 'public', 'worker', 'ingress', 'api_owner') then
        raise exception 'create_module: "%" cannot be a module''s name', module;
    end if;

    perform platform.create_role(role, 'login');
    perform platform.join_role(role, 'idpmc_worker');
    perform platform.set_role_settings(role);

    execute format('create schema %I', module);
    execute format('create schema %I', api);
    execute format('grant usage on schema %I to %I, idpmc_api_owner', module, role);
    execute format('grant usage on schema %I to idpmc_worker, idpmc_ingress', api);

    -- Every message's outcome, once per id: 0 applied, from 1 the contract's reject codes,
    -- 1000 forbidden, -1 failed, -2 parked.
    execute format($sql$
        create table %I.inbox (
            tenant     uuid not null,
            id         uuid not null,
            digest     bytea not null,
            actor      uuid,
            type       text not null,
            outcome    int4 not null,
            decided_at timestamptz not null default now(),
            primary key (tenant, id)
        ) with (autovacuum_vacuum_insert_scale_factor = 0.05)$sql$, module);

    -- What was committed and waits to be published: one row a batch and partition. Rows come and
    -- go fast, so vacuum goes by their number; they are large, and to compress them with pglz costs
    -- as much as a third of everything else that a batch asks of the database.
    execute format($sql$
        create table %I.outbox (
            topic   text not null,
            part    int4 not null,
            upto    int8 not null,
            records bytea compression lz4 not null,
            primary key (topic, part, upto)
        ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
                toast.autovacuum_vacuum_scale_factor = 0,
                toast.autovacuum_vacuum_threshold = 5000)$sql$, module);

    -- Messages that could not be processed, as they came, at their place in the topic.
    execute format($sql$
        create table %I.dead (
            topic    text not null,
            part     int4 not null,
            at       int8 not null,
            cause    text not null,
            detail   text,
            attempts int4 not null,
            tenant   uuid,
            id       uuid,
            type     text,
            key      bytea,
            headers  bytea,
            value    bytea,
            trace    text,
            died_at  timestamptz not null default now(),
            primary key (topic, part, at)
        )$sql$, module);

    -- How far each partition was processed, and the epoch of whoever claimed it last.
    execute format($sql$
        create table %I.position (
            topic   text not null,
            part    int4 not null,
            next    int8 not null,
            epoch   int8 not null,
            stripes bytea,
            primary key (topic, part)
        ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0,
                autovacuum_vacuum_threshold = 1000)$sql$, module);

    execute format('grant select, insert, update, delete on %1$I.inbox, %1$I.outbox, %1$I.dead to %2$I',
                   module, role);
    execute format('grant select, insert, update on %I.position to %I', module, role);
    execute format('grant select on %1$I.inbox, %1$I.position to idpmc_api_owner', module);

    -- The ingress learns outcomes only of commands whose tenant, actor and id it names.
    execute format($sql$
        create function %1$I.outcomes(tenants uuid[], actors uuid[], ids uuid[])
        returns table (n bigint, digest bytea, type text, outcome int4, decided_at timestamptz)
        language sql stable security definer set search_path = '' as $body$
            select u.n, i.digest, i.type, i.outcome, i.decided_at
              from unnest(tenants, actors, ids) with ordinality u(tenant, actor, id, n)
             cross join lateral (select * from %2$I.inbox i
                                  where i.tenant = u.tenant and i.id = u.id and i.actor = u.actor
                                 offset 0) i
        $body$
    $sql$, api, module);
    execute format('grant execute on function %I.outcomes(uuid[], uuid[], uuid[]) to idpmc_ingress', api);
    perform platform.own_api(api, format('function %I.outcomes(uuid[], uuid[], uuid[])', api));

    execute format('create view %I.positions as select topic, part, next, stripes from %I.position',
                   api, module);
    execute format('grant select on %I.positions to idpmc_ingress', api);
    perform platform.own_api(api, format('view %I.positions', api));
end $$;

-- Makes a table of a module a tenant table: a statement sees the rows of the one tenant that its
-- transaction named with set_config('app.tenant', ..., true), and without one none. The setting
-- stands in a sub-select so that it is read once a statement, not once a row.
create function platform.tenant_table(relation regclass) returns void
language plpgsql set search_path = '' as $$
declare
    module text := (select relnamespace::regnamespace::text from pg_class where oid = relation);
begin
    if not exists (select from pg_index i
                     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
                    where i.indrelid = relation and i.indisprimary
                      and a.attname = 'tenant' and a.atttypid = 'uuid'::regtype) then
        raise exception 'tenant_table: the primary key of % must begin with "tenant uuid"', relation;
    end if;
    execute format('alter table %s enable row level security, force row level security', relation);
    execute format($sql$
        create policy one_tenant on %s
         using (tenant = (select nullif(current_setting('app.tenant', true), '')::uuid))
    $sql$, relation);
    execute format('grant select, insert, update, delete on %s to %I', relation, 'idpmc_' || module);
end $$;

-- Publishes a view of schema M_api: other modules and the ingress may read it, with the rights of an
-- owner whom row-level security binds.
create function platform.api_view(relation regclass) returns void
language plpgsql set search_path = '' as $$
declare
    api     text := (select relnamespace::regnamespace::text from pg_class where oid = relation);
    module  text := left(api, -4);
    source  regclass;
begin
    if right(api, 4) <> '_api' then
        raise exception 'api_view: % is in no schema that ends in "_api"', relation;
    end if;
    for source in
        select distinct d.refobjid::regclass
          from pg_rewrite r
          join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                          and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
         where r.ev_class = relation
    loop
        if not exists (select from pg_class c where c.oid = source
                          and c.relnamespace::regnamespace::text in (module, api)) then
            raise exception 'api_view: % reads %, which is not of module "%"',
                            relation, source, module;
        end if;
        execute format('grant select on %s to idpmc_api_owner', source);
    end loop;
    execute format('grant select on %s to idpmc_worker, idpmc_ingress', relation);
    perform platform.own_api(api, format('view %s', relation));
end $$;
