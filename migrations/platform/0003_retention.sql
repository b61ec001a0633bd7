-- What the deletion of old inbox rows asks of a module's runtime tables.

create function platform.add_retention(module text) returns void
language plpgsql set search_path = '' as $$
begin
    -- A failed message's row stays while its dead letter is undecided: asked once for each such row.
    execute format('create index dead_open_ids on %I.dead (tenant, id) where resolved is null', module);

    -- As many rows go in a day as come, so the vacuum that inserts ask for (a twentieth of the table)
    -- cleans up behind the deletions as well. Where more goes than comes, deletions ask for their own
    -- as soon; by the server's default they would wait for a fifth.
    execute format('alter table %I.inbox set (autovacuum_vacuum_scale_factor = 0.05)', module);
end $$;

create or replace function platform.create_module(module text) returns void
language plpgsql set search_path = '' as $$
begin
    perform platform.create_module_tables(module);
    perform platform.add_faults(module);
    perform platform.add_retention(module);
end $$;

-- Modules that were there before.
select platform.add_retention(n.nspname::text)
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relname = 'position' and c.relkind = 'r'
   and exists (select from pg_catalog.pg_class i where i.relnamespace = n.oid and i.relname = 'inbox');
