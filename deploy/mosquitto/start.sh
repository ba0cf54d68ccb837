#!/bin/sh
# Starts Mosquitto and lets it read the password file and the access list again whenever the application
# changes them (a station provisioned or revoked). Containers cannot signal each other, so this one looks itself.
set -eu
files="/mosquitto/auth/passwords /mosquitto/auth/acl"
look() { stat -c '%Y %i' $files; }  # unquoted: two names
mosquitto -c /mosquitto/config/mosquitto.conf &
broker=$!
trap 'kill -TERM "$broker"' TERM INT
seen=$(look)
while kill -0 "$broker" 2>/dev/null; do
    now=$(look)
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP "$broker"
    fi
    sleep 1 &
    wait $! || true
done
wait "$broker"
