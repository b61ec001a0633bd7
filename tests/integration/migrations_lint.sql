-- Mistakes that open a database to other tenants, or make its policies slow, as questions to the
-- catalog. Each answers `rule: object` for what breaks it; a clean database answers nothing.

create temp view ours as
select c.oid, c.relname, n.nspname, c.oid::regclass as name, c.relkind, c.relowner,
       c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relacl
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema';

create temp view tenant_tables as
select * from ours o
 where relkind in ('r', 'p') and nspname <> 'platform'
   and relname not in ('inbox', 'outbox', 'parked', 'dead', 'position')
   and exists (select from pg_attribute a where a.attrelid = o.oid and a.attname = 'tenant');

create temp view policies as
select p.polname, t.name,
       pg_get_expr(p.polqual, p.polrelid) as reads,
       coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid)) as writes
  from pg_policy p join tenant_tables t on t.oid = p.polrelid;

select 'row-level security is off: ' || name from tenant_tables where not relrowsecurity
union all
select 'row-level security is not forced: ' || name from tenant_tables where not relforcerowsecurity
union all
select 'row-level security without a policy: ' || name from tenant_tables
 where name not in (select name from policies)
union all
select 'policy without row-level security: ' || polrelid::regclass from pg_policy
 where not exists (select from pg_class c where c.oid = polrelid and c.relrowsecurity)
union all
select format('policy is always true: %I on %s', polname, name) from policies
 where reads = 'true' or writes = 'true'
union all
select format('policy does not ask for the tenant: %I on %s', polname, name) from policies
 where reads !~ '^\(tenant = ' or writes !~ '^\(tenant = '
union all
-- The server prints a sub-select as "( SELECT ...": a setting outside of one is read once a row.
select format('policy is evaluated once a row: %I on %s', polname, name) from policies
 where regexp_replace(concat(reads, writes), '\( SELECT [^;]*? AS [^)]*\)', '', 'g') ~ 'current_setting'
union all
select 'view with the rights of its owner: ' || name from ours
 where relkind = 'v'
   and not coalesce('security_invoker=true' = any (reloptions), false)
   and not (nspname ~ '_api$' and relowner in (select oid from pg_roles
                                                where rolname = 'idpmc_api_owner'
                                                  and not rolcanlogin and not rolbypassrls
                                                  and not rolsuper))
   and nspname !~ '^pg_temp'
union all
select 'materialized view, which has no policies: ' || name from ours where relkind = 'm'
union all
select format('foreign key without an index: %I on %s', k.conname, k.conrelid::regclass)
  from pg_constraint k
 where k.contype = 'f'
   and not exists (select from pg_index i
                    where i.indrelid = k.conrelid and i.indpred is null
                      and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
union all
select format('foreign key without the tenant: %I on %s', k.conname, k.conrelid::regclass)
  from pg_constraint k join tenant_tables t on t.oid = k.conrelid
 where k.contype = 'f'
   and not exists (select from pg_attribute a
                    where a.attrelid = k.conrelid and a.attname = 'tenant' and a.attnum = any (k.conkey))
union all
select 'definer function with a mutable search_path: ' || p.oid::regprocedure
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and not exists (select from unnest(p.proconfig) s where s = 'search_path=""')
union all
select 'definer function that is not a published one: ' || p.oid::regprocedure
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and not (n.nspname ~ '_api$' and p.proname = 'outcomes'
            and p.proowner::regrole::text = 'idpmc_api_owner')
union all
select 'everybody may execute: ' || p.oid::regprocedure
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and (p.proacl is null or exists (select from aclexplode(p.proacl) where grantee = 0))
union all
select 'everybody has rights on: ' || name from ours
 where nspname !~ '^pg_temp' and exists (select from aclexplode(relacl) where grantee = 0)
union all
select 'everybody has rights on schema: ' || nspname from pg_namespace
 where nspname !~ '^pg_' and nspname <> 'information_schema'
   and exists (select from aclexplode(nspacl) where grantee = 0)
union all
select 'everybody has rights on database: ' || datname from pg_database
 where datname = current_database()
   and (datacl is null or exists (select from aclexplode(datacl) where grantee = 0))
order by 1;
