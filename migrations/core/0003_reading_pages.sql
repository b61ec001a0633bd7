-- What readers get page by page: names beside what the views told already, and a team's places in
-- the order of their members.

create or replace view core_api.organizations as
select tenant, zone, kind, name from core.organizations;

create or replace view core_api.teams as
select tenant, team, name from core.teams;

create index team_members_in_order on core.team_members (tenant, team, member);
drop index core.team_members_by_team;
