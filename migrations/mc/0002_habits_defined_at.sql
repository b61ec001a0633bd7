-- When a habit was defined: who is removed and comes back keeps what was defined since. Habits of
-- before, and those of a worker that does not know of it yet, count as older than any removal.

alter table mc.habits add defined_at timestamptz not null default 'epoch'; -- its command's time

create or replace view mc_api.habits as
select tenant, player, habit, slot, title, weekdays, weight, from_day, until_day, held_until,
       defined_at
  from mc.habits;
