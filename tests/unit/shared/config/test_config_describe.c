#include <CUnit/CUnit.h>
#include <string.h>

#include "config/config.h"

void test_the_page_tells_each_setting_with_bounds_and_programs(void)
{
    static const struct config_extra extras[] = {{"LATE_DAYS", 14, 0, 366, "how many days late"}};
    static const struct config_module modules[] = {{"mc", extras, 1}};
    cleanup(buf_deinit) struct buf page = {0};
    static const char *const rows[] = {
        "\n| `IDPMC_LANES` | 1 to 64 | `1` | restart |  | threads of each worker",
        "\n| `IDPMC_LOG_LEVEL` | name | `info` | changes |  | debug, info",
        "\n| `IDPMC_SEAL_KEY` | secret, 64 hexadecimal digits | | restart | fleet, ingress | what",
        "\n| `IDPMC_KAFKA_BROKERS` | host:port[,...] | | restart | fleet, ingress, worker-* | "
        "where",
        "\n| `IDPMC_DATABASE_URL` | URL with a secret | | restart | fleetctl migrate | the "
        "operator",
        "\n| `IDPMC_MC_DATABASE_URL` | URL with a secret | | restart | fleet, worker-* | "
        "PostgreSQL",
        "\n| `IDPMC_MC_LATE_DAYS` | 0 to 366 | `14` | restart |  | how many days late |\n",
    };

    CU_ASSERT_EQUAL_FATAL(config_describe(modules, 1, &page), 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(page.data, rows[i]));
}
