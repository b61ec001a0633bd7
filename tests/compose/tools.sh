# What the test of compose and what it starts share; sourced in the repository's folder.
# COMPOSE_ROOT has the settings in `compose.env`; ARRANGEMENT is `compose` or `fleet`, the file.
# shellcheck shell=bash
case $ARRANGEMENT in
compose) fleet_services=(fleet) ;;
fleet) fleet_services=(ingress worker-core worker-mc) ;;
esac

# One at a time: two that change the same services would trip each other. What this shell knows of the
# fleet's settings must not stand in for those of the file.
compose() {
    flock "$COMPOSE_ROOT/lock" env --ignore-environment PATH="$PATH" HOME="$HOME" \
        ${DOCKER_HOST:+DOCKER_HOST="$DOCKER_HOST"} docker compose --env-file "$COMPOSE_ROOT/compose.env" \
        --file "compose/$ARRANGEMENT.yaml" --progress quiet "$@"
}

containers() {
    compose ps --all --quiet "$@"
}

all_healthy() {
    local health
    health=$(containers "$@" | xargs -r docker inspect --format '{{.State.Health.Status}}' | sort -u)
    [ "$health" = healthy ]
}

# up [OPTION]...: starts what does not run, and waits until all of the fleet is healthy.
up() {
    local end=$((SECONDS + 120))
    compose up --detach --remove-orphans "$@" >"$COMPOSE_ROOT/up.log" 2>&1 || {
        sed 's/^/# /' "$COMPOSE_ROOT/up.log"
        return 1
    }
    until all_healthy "${fleet_services[@]}"; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "# not healthy in time:"
            compose ps --all | sed 's/^/# /'
            compose logs --tail 5 | sed 's/^/# /'
            return 1
        fi
        sleep 0.3
    done
}

# address_of SERVICE PORT NUMBER: of one container, inside of compose's own network.
address_of() {
    local id
    id=$(containers "$1" | sed -n "$3p")
    docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$id" |
        sed "s/\$/:$2/"
}
