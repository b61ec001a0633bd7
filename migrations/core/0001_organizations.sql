-- Organizations, who belongs to them with which roles, their teams, and what the roles allow.

select platform.create_module('core');

create table core.organizations (
    tenant uuid not null primary key,
    name   text not null,
    zone   text not null,
    kind   int4 not null check (kind in (0, 1)),        -- 0 club, 1 individual
    admins int4 not null check (admins > 0)             -- members who are OrgAdmin
) with (fillfactor = 80);
select platform.tenant_table('core.organizations');

-- A membership that ended keeps its row with no roles.
create table core.members (
    tenant uuid not null,
    member uuid not null,
    roles  int4 not null check (roles between 0 and 7),  -- 1 Player + 2 Coach + 4 OrgAdmin
    primary key (tenant, member)
) with (fillfactor = 90);
select platform.tenant_table('core.members');

create table core.teams (
    tenant  uuid not null,
    team    uuid not null,
    name    text not null,
    members int4 not null check (members >= 0),         -- rows of team_members, ended ones too
    primary key (tenant, team)
) with (fillfactor = 80);
select platform.tenant_table('core.teams');

-- Places in teams; one that ended keeps its row with no roles. A unit of work writes its tables in
-- any order, so the references are looked at when it commits.
create table core.team_members (
    tenant uuid not null,
    member uuid not null,
    team   uuid not null,
    roles  int4 not null check (roles between 0 and 3),  -- 1 Player + 2 Coach
    primary key (tenant, member, team),
    foreign key (tenant, member) references core.members deferrable initially deferred,
    foreign key (tenant, team) references core.teams deferrable initially deferred
) with (fillfactor = 90);
create index team_members_by_team on core.team_members (tenant, team);
select platform.tenant_table('core.team_members');

-- What a role allows: to oneself, for the players of one's teams, or in the whole organization.
-- Each module's migrations add the module's permissions. No tenant's data.
create table core.role_permissions (
    permission text not null,
    role       int4 not null check (role in (1, 2, 4)),  -- 1 Player, 2 Coach, 4 OrgAdmin
    scope      text not null check (scope in ('self', 'team', 'organization')),
    primary key (permission, role)
);
insert into core.role_permissions (permission, role, scope) values
    ('core.member.add',    4, 'organization'),
    ('core.member.change', 4, 'organization'),
    ('core.member.remove', 4, 'organization'),
    ('core.team.create',   4, 'organization'),
    ('core.team.assign',   4, 'organization');

create view core_api.organizations as
select tenant, zone, kind from core.organizations;
select platform.api_view('core_api.organizations');

create view core_api.members as
select tenant, member, roles from core.members where roles <> 0;
select platform.api_view('core_api.members');

create view core_api.teams as
select tenant, team from core.teams;
select platform.api_view('core_api.teams');

-- A place counts as long as the member has the role for it.
create view core_api.team_members as
select t.tenant, t.team, t.member, t.roles & m.roles as roles
  from core.team_members t
  join core.members m on m.tenant = t.tenant and m.member = t.member
 where t.roles & m.roles <> 0;
select platform.api_view('core_api.team_members');

create view core_api.coached as
select c.tenant, c.member as coach, p.member as player
  from core.team_members c
  join core.members cm on cm.tenant = c.tenant and cm.member = c.member
  join core.team_members p on p.tenant = c.tenant and p.team = c.team
  join core.members pm on pm.tenant = p.tenant and pm.member = p.member
 where c.roles & cm.roles & 2 <> 0
   and p.roles & pm.roles & 1 <> 0;
select platform.api_view('core_api.coached');

create view core_api.permissions as
select m.tenant, m.member as actor, p.permission, p.scope
  from core.members m
  join core.role_permissions p on p.role & m.roles <> 0;
select platform.api_view('core_api.permissions');
