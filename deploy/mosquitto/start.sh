#!/bin/sh
# Starts Mosquitto and lets it read the password file again whenever the application changes it
# (a station provisioned or revoked). Containers cannot signal each other, so this one looks itself.
set -eu
passwords=/mosquitto/auth/passwords
mosquitto -c /mosquitto/config/mosquitto.conf &
broker=$!
trap 'kill -TERM "$broker"' TERM INT
seen=$(stat -c '%Y %i' "$passwords")
while kill -0 "$broker" 2>/dev/null; do
    now=$(stat -c '%Y %i' "$passwords")
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP "$broker"
    fi
    sleep 1 &
    wait $! || true
done
wait "$broker"
