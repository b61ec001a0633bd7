-- What members may read: who belongs to the organization, and its teams.

insert into core.role_permissions (permission, role, scope) values
    ('core.organization.read', 1, 'organization'),
    ('core.organization.read', 2, 'organization'),
    ('core.organization.read', 4, 'organization'),
    ('core.team.read',         1, 'organization'),
    ('core.team.read',         2, 'organization'),
    ('core.team.read',         4, 'organization'),
    ('core.member.read',       1, 'self'),
    ('core.member.read',       2, 'organization'),
    ('core.member.read',       4, 'organization');
