-- Habits, what players said of them day by day, and how far their days are closed.

select platform.create_module('mc');

-- One row for each player who ever had a habit.
create table mc.players (
    tenant         uuid not null,
    player         uuid not null,
    closed_through date not null,                          -- every day to this one is closed
    primary key (tenant, player)
) with (fillfactor = 60);
create index players_by_closing on mc.players (tenant, closed_through, player);
select platform.tenant_table('mc.players');

create table mc.habits (
    tenant     uuid not null,
    player     uuid not null,
    habit      uuid not null,
    slot       int4 not null check (slot between 0 and 63),      -- the habit's bit in mc.days
    title      text not null,
    weekdays   int4 not null check (weekdays between 1 and 127), -- 1 Monday to 64 Sunday
    weight     int4 not null check (weight between 1 and 10),
    from_day   date not null,
    until_day  date,                                             -- none: no last day
    held_until date,                                             -- the slot's marks may reach to here
    primary key (tenant, player, habit)
) with (fillfactor = 90);
select platform.tenant_table('mc.habits');

-- A player's day: one bit a habit for what was said, and for what was done.
create table mc.days (
    tenant      uuid not null,
    player      uuid not null,
    day         date not null,
    said        int8 not null,
    done        int8 not null check (done & ~said = 0),
    weight_done int4 not null,                                   -- as the events told it last
    weight_due  int4 not null check (weight_done between 0 and weight_due),
    closed      bool not null,                                   -- day-closed was published
    primary key (tenant, player, day)
) with (fillfactor = 60);
select platform.tenant_table('mc.days');

create view mc_api.habits as
select tenant, player, habit, slot, title, weekdays, weight, from_day, until_day, held_until
  from mc.habits;
select platform.api_view('mc_api.habits');

create view mc_api.days as
select tenant, player, day, said, done, weight_done, weight_due, closed from mc.days;
select platform.api_view('mc_api.days');

insert into core.role_permissions (permission, role, scope) values
    ('mc.habit.define', 1, 'self'),
    ('mc.habit.define', 2, 'team'),
    ('mc.habit.define', 4, 'organization'),
    ('mc.habit.retire', 1, 'self'),
    ('mc.habit.retire', 2, 'team'),
    ('mc.habit.retire', 4, 'organization'),
    ('mc.check.record', 1, 'self'),
    ('mc.check.record', 2, 'team'),
    ('mc.check.record', 4, 'organization'),
    ('mc.week.read',    1, 'self'),
    ('mc.week.read',    2, 'team'),
    ('mc.week.read',    4, 'organization'),
    -- A coach assigns to the teams that they coach: the handler looks, for the key is the team.
    ('mc.habit.assign', 2, 'organization'),
    ('mc.habit.assign', 4, 'organization');
