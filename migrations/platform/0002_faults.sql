-- What a module remembers of messages that could not be processed: a table of parked ones, more about
-- dead letters, and what a position tells of the record before it and of a message that may crash.

-- What operators did to messages, for whoever asks later.
create table platform.operations (
    operation  bigint generated always as identity primary key,
    at         timestamptz not null default now(),
    operator   text not null,                       -- who, as the tool knows them
    role       text not null default session_user,  -- as whom they logged in
    action     text not null,                       -- dlq redrive, dlq discard, parked retry, ...
    module     text not null,
    messages   int8 not null,
    filter     jsonb not null                       -- what was asked for
);

-- Called by the statement that takes parked messages out when they are not as they were read: the
-- transaction is rolled back and tried again, as after any other conflict.
create function platform.changed_meanwhile() returns bigint
language plpgsql volatile set search_path = '' as $$
begin
    raise exception 'somebody changed what is parked meanwhile' using errcode = 'serialization_failure';
end $$;
grant execute on function platform.changed_meanwhile() to idpmc_worker;

-- Adds what this version knows of faults to a module's runtime tables.
create function platform.add_faults(module text) returns void
language plpgsql set search_path = '' as $$
declare
    role text := 'idpmc_' || module;
begin
    -- Messages that wait to be tried again, as they came, at their place in the topic. The first of a
    -- key has the time of its next try; those behind it wait for it, and so does one that is held
    -- until an operator decides.
    execute format($sql$
        create table %I.parked (
            topic       text not null,
            part        int4 not null,
            at          int8 not null,
            hash        int4 not null,               -- murmur2 of the key
            key         bytea not null,
            headers     bytea not null,
            value       bytea not null,
            appended    timestamptz not null,        -- by the broker
            tenant      uuid,                        -- these four: where it was proven
            id          uuid,
            type        text,
            trace       text,
            cause       text not null,               -- transient, culprit, behind, quota, redrive
            attempts    int4 not null default 0,     -- that ended in its own failure
            trying      int4 not null default 0,     -- attempts that began and did not end
            first_error text,
            last_error  text,
            parked_at   timestamptz not null default now(),
            tried_at    timestamptz,
            next_try    timestamptz,
            held        bool not null default false,
            primary key (topic, part, at)
        ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)$sql$, module);
    execute format('create index parked_keys on %I.parked (hash, topic, part, at)', module);
    execute format($sql$create index parked_due on %I.parked (topic, part, next_try)
                         where next_try is not null$sql$, module);
    execute format('create index parked_held on %I.parked (topic, part, at) where held', module);

    execute format($sql$
        alter table %I.dead
            add column fingerprint text not null default '',  -- the same for the same fault
            add column appended    timestamptz,
            add column replays     int4 not null default 0,   -- how often it was redriven
            add column resolved    text check (resolved in ('redriven', 'discarded')),
            add column resolved_at timestamptz,
            add column resolved_by text$sql$, module);
    execute format('create index dead_open on %I.dead (died_at) where resolved is null', module);

    -- Several rows may be written while the position stands still: retries of what is parked.
    execute format($sql$
        alter table %I.outbox
            add column place int4 not null default 0,
            drop constraint outbox_pkey,
            add primary key (topic, part, upto, place)$sql$, module);

    execute format($sql$
        alter table %I.position
            add column last   int8 not null default -1,   -- the last record that the position covers
            add column digest bytea,                      -- and what it was
            add column claims int4 not null default 0,    -- since the position moved last
            add column trying int8 not null default -1,   -- the message that stands under suspicion
            add column tries  int4 not null default 0$sql$, module);

    execute format('grant select, insert, update, delete on %I.parked to %I', module, role);
end $$;

alter function platform.create_module(text) rename to create_module_tables;
create function platform.create_module(module text) returns void
language plpgsql set search_path = '' as $$
begin
    perform platform.create_module_tables(module);
    perform platform.add_faults(module);
end $$;

-- Modules that were there before.
select platform.add_faults(n.nspname::text)
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relname = 'position' and c.relkind = 'r'
   and exists (select from pg_catalog.pg_class i where i.relnamespace = n.oid and i.relname = 'inbox');
