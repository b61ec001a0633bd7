/* Each rule is a question to the catalog that answers with the breaches in words. $1 is the module.
 * They are asked as the program's own role, so that what they say of rights is what holds. */
#include "runtime/isolation.h"

enum { CHECK_TIMEOUT_MS = 30000 };

/* How the server prints the policy that platform.tenant_table makes. */
#define PRESCRIBED_POLICY                                                                          \
    "$policy$(tenant = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), "               \
    "''::text))::uuid AS \"nullif\"))$policy$"

/* Tables of the module that hold tenants' rows. The runtime tables are without row-level security
 * on purpose; and a table without a tenant in which the worker may not write can only hold what the
 * migrations put there. */
#define TENANT_TABLES                                                                              \
    "(select c.oid, c.oid::regclass as name, c.relrowsecurity, c.relforcerowsecurity"              \
    "   from pg_class c"                                                                           \
    "  where c.relnamespace = to_regnamespace($1) and c.relkind in ('r', 'p')"                     \
    "    and c.relname not in ('inbox', 'outbox', 'parked', 'dead', 'position')"                             \
    "    and (exists (select from pg_attribute a"                                                  \
    "                  where a.attrelid = c.oid and a.attname = 'tenant')"                         \
    "         or has_table_privilege(c.oid, 'insert, update, delete'))) t"

#define OTHERS_SCHEMA                                                                              \
    "n.nspname <> $1 and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', "         \
    "'public')"

static const char *const rules[] = {
    /* the role */
    "select format('role %s: the worker must log in as idpmc_%s', current_user, $1)"
    " where current_user <> 'idpmc_' || $1",

    "select format('role %I may do too much: alter role %1$I nosuperuser nobypassrls nocreaterole"
    " nocreatedb noreplication', rolname)"
    "  from pg_roles where rolname = current_user"
    "   and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)",

    "select format('role %I is a member of %I: revoke %2$I from %1$I', current_user, r.rolname)"
    "  from pg_roles r"
    " where r.rolname not in (current_user, 'idpmc_worker')"
    "   and pg_has_role(r.oid, 'member')",

    "select format('role %I owns %s: give it to the operator', current_user,"
    "              pg_describe_object(d.classid, d.objid, d.objsubid))"
    "  from pg_shdepend d"
    " where d.deptype = 'o' and d.refclassid = 'pg_authid'::regclass"
    "   and d.refobjid = current_user::regrole"
    "   and d.dbid in (0, (select oid from pg_database where datname = current_database()))",

    /* its tenant tables */
    "select format('table %s: row-level security is not enabled and forced; make it a tenant table"
    " with platform.tenant_table', name)"
    "  from " TENANT_TABLES " where not (relrowsecurity and relforcerowsecurity)",

    "select format('table %s has no policy: make it a tenant table with platform.tenant_table',"
    "              name)"
    "  from " TENANT_TABLES
    " where relrowsecurity and not exists (select from pg_policy p where p.polrelid = t.oid)",

    "select format('policy %I on %s is not the prescribed one (using %s, with check %s): drop it"
    " and make it with platform.tenant_table', p.polname, t.name,"
    "              pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))"
    "  from " TENANT_TABLES "  join pg_policy p on p.polrelid = t.oid"
    " where not (p.polpermissive and p.polcmd = '*' and p.polroles = '{0}'"
    "            and pg_get_expr(p.polqual, p.polrelid) is not distinct from " PRESCRIBED_POLICY
    "            and coalesce(pg_get_expr(p.polwithcheck, p.polrelid), " PRESCRIBED_POLICY
    ") = " PRESCRIBED_POLICY ")",

    "select format('table %s has no primary key that begins with tenant', name)"
    "  from " TENANT_TABLES
    " where not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)",

    "select format('index %s does not begin with tenant: put tenant first',"
    "              i.indexrelid::regclass)"
    "  from " TENANT_TABLES "  join pg_index i on i.indrelid = t.oid"
    "  left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]"
    " where a.attname is distinct from 'tenant'",

    "select format('%s can be truncated by %I, which no policy stops: revoke truncate on %1$s from"
    " %2$I', c.oid::regclass, current_user)"
    "  from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and has_table_privilege(c.oid, "
    "'truncate')",

    "select format('%s is no table and no view: row-level security does not reach it; drop it',"
    "              c.oid::regclass)"
    "  from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where n.nspname in ($1, $1 || '_api') and c.relkind in ('m', 'f')",

    /* what it may reach elsewhere */
    "select format('role %I may use schema %I of another module: revoke all on schema %2$I from"
    " %1$I', current_user, n.nspname)"
    "  from pg_namespace n"
    " where " OTHERS_SCHEMA "   and n.nspname !~ '_api$' and n.nspname <> 'platform'"
    "   and has_schema_privilege(n.oid, 'usage')",

    "select format('role %I may create in schema %I: revoke create on schema %2$I from public,"
    " %1$I', current_user, n.nspname)"
    "  from pg_namespace n where n.nspname !~ '^pg_' and has_schema_privilege(n.oid, 'create')",

    "select format('role %I may create in database %I: revoke create on database %2$I from public,"
    " %1$I', current_user, current_database())"
    " where has_database_privilege(current_database(), 'create')",

    "select format('role %I has rights on %s of another module: revoke all on %2$s from %1$I',"
    "              current_user, c.oid::regclass)"
    "  from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where " OTHERS_SCHEMA
    "   and n.nspname !~ '_api$' and n.nspname <> 'platform' and c.relkind in ('r', 'p', 'v', 'm', "
    "'f')"
    "   and has_any_column_privilege(c.oid, 'select, insert, update, references')",

    "select format('role %I may write %s: revoke all but select on %2$s from %1$I', current_user,"
    "              c.oid::regclass)"
    "  from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where (n.nspname ~ '_api$' or n.nspname = 'platform') and c.relkind in ('r', 'p', 'v', 'm', "
    "'f')"
    "   and (has_any_column_privilege(c.oid, 'insert, update')"
    "        or has_table_privilege(c.oid, 'delete'))"
    "   and not ($1 = 'core' and n.nspname = 'platform' and c.relname = 'tenants'"
    "            and not has_table_privilege(c.oid, 'delete'))",

    /* who lends it rights */
    "select format('view %s lends the rights of %I: publish it with platform.api_view, or make it"
    " security_invoker', c.oid::regclass, c.relowner::regrole)"
    "  from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where c.relkind = 'v' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
    "   and (n.nspname in ($1, $1 || '_api') or has_any_column_privilege(c.oid, 'select'))"
    "   and not (n.nspname ~ '_api$' and c.relowner::regrole::text = 'idpmc_api_owner')"
    "   and not coalesce('security_invoker=true' = any (c.reloptions), false)",

    "select format('role %I owns the published views, so no policy may pass it by: alter role %1$I"
    " nologin nosuperuser nobypassrls', rolname)"
    "  from pg_roles where rolname in ('idpmc_api_owner', 'idpmc_worker')"
    "   and (rolcanlogin or rolsuper or rolbypassrls)",

    "select format('role %I is a member of %I: revoke %2$I from %1$I', m.member::regrole::text,"
    "              m.roleid::regrole::text)"
    "  from pg_auth_members m"
    " where m.member in (select oid from pg_roles"
    "                     where rolname in ('idpmc_api_owner', 'idpmc_worker'))",

    "select format('function %s lends the rights of %I: revoke execute on function %1$s from"
    " public, %3$I', p.oid::regprocedure, p.proowner::regrole, current_user)"
    "  from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
    " where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
    "   and has_function_privilege(p.oid, 'execute')"
    "   and not ($1 = 'ingress' and n.nspname ~ '_api$' and p.proname = 'outcomes'"
    "            and p.proowner::regrole::text = 'idpmc_api_owner')",
};

int isolation_check(struct pg *pg, const char *module, struct buf *ret_breaches)
{
    const struct pg_param param = {.type = PG_TEXT, .data = module, .size = (int)strlen(module)};
    int breaches = 0, r;

    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        r = pg_add(pg, rules[i], &param, 1);
        if (r < 0)
            return r;
    }
    r = pg_wait(pg, CHECK_TIMEOUT_MS);
    if (r < 0)
        return r;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const struct pg_rows *rows = pg_rows(pg, (int)i);
        for (size_t row = 0; row < pg_row_count(rows); row++, breaches++) {
            struct span breach = pg_value(rows, row, 0);
            buf_add(ret_breaches, breach.data, breach.size);
            buf_add_char(ret_breaches, '\n');
        }
    }
    pg_clear(pg);
    return breaches;
}
