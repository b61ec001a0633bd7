-- Counters whose hash tells a double, a loss or an inversion.

select platform.create_module('tally');

create table tally.counters (
    tenant  uuid not null,
    counter uuid not null,
    h       int8 not null,
    count   int8 not null,
    weight  int4 not null check (weight <= 100),   -- the domain lets more pass: a data error on demand
    primary key (tenant, counter)
) with (fillfactor = 60);
select platform.tenant_table('tally.counters');

insert into core.role_permissions (permission, role, scope)
select 'tally.count', role, 'organization' from unnest(array[1, 2, 4]) role;
