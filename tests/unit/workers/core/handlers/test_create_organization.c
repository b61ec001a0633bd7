#include <errno.h>
#include <sys/resource.h>

#include "club.h"

static const struct core_create_organization wanted = {
    .name = {.data = "FK Fjord", .size = 8},
    .zone = {.data = "Europe/Oslo", .size = 11},
    .kind = CORE_CREATE_ORGANIZATION_KIND_INDIVIDUAL,
};

static int create(struct scene *scene, const struct core_create_organization *body)
{
    return scene_send(scene, &core_create_organization_message, body);
}

void test_who_founds_an_organization_is_its_admin(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_organization_created *event;
    const struct tenant_zone *tenant;

    scene_init(&scene, &worker_core, NULL);
    CU_ASSERT_EQUAL(create(&scene, &wanted), 0);
    CU_ASSERT_TRUE(span_is(club_organization(&scene)->name, "FK Fjord"));
    CU_ASSERT_TRUE(span_is(club_organization(&scene)->zone, "Europe/Oslo"));
    CU_ASSERT_EQUAL(club_organization(&scene)->kind, CORE_CREATE_ORGANIZATION_KIND_INDIVIDUAL);
    CU_ASSERT_EQUAL(club_organization(&scene)->admins, 1);
    CU_ASSERT_EQUAL(club_roles(&scene, club_admin), ROLE_ADMIN);
    tenant = scene_row(&scene, &tenant_zone_entity, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tenant);
    CU_ASSERT_TRUE(span_is(tenant->zone, "Europe/Oslo"));
    event = scene_emitted(&scene, &core_organization_created_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_TRUE(uuid_equal(event->admin.uuid, club_admin.uuid));
    CU_ASSERT_EQUAL(event->kind, CORE_CREATE_ORGANIZATION_KIND_INDIVIDUAL);
}

void test_an_organization_is_founded_once(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_core, NULL);
    CU_ASSERT_EQUAL(create(&scene, &wanted), 0);
    CU_ASSERT_EQUAL(create(&scene, &wanted), CORE_CREATE_ORGANIZATION_ORGANIZATION_EXISTS);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &core_organization_created_message), 1);
}

void test_a_time_zone_that_does_not_exist_is_rejected(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct core_create_organization body = wanted;

    scene_init(&scene, &worker_core, NULL);
    body.zone = span_text("Europe/Atlantis");
    CU_ASSERT_EQUAL(create(&scene, &body), CORE_CREATE_ORGANIZATION_UNKNOWN_ZONE);
    body.zone = span_text("../../etc/passwd");
    CU_ASSERT_EQUAL(create(&scene, &body), CORE_CREATE_ORGANIZATION_UNKNOWN_ZONE);
    CU_ASSERT_EQUAL(uow_changes(scene.uow), 0);
}

void test_a_time_zone_that_cannot_be_read_now_is_no_reason_to_reject(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct core_create_organization body = wanted;
    struct rlimit limit, none;

    scene_init(&scene, &worker_core, NULL);
    body.zone = span_text("Asia/Tokyo"); /* nobody has asked for it before */
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &none), 0);
    CU_ASSERT_EQUAL(create(&scene, &body), -EMFILE);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CU_ASSERT_EQUAL(uow_changes(scene.uow), 0);
    CU_ASSERT_EQUAL(create(&scene, &body), 0);
}

void test_a_producer_cannot_found_an_organization(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_core, NULL);
    scene.actor = (struct actor){.kind = ACTOR_PRODUCER, .text = span_text("producer:watch")};
    CU_ASSERT_EQUAL(create(&scene, &wanted), CORE_CREATE_ORGANIZATION_USER_REQUIRED);
}
