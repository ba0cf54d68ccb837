#!/bin/sh
# Runs once, on an empty data folder: one role owns the schema, the other one works in it and owns
# nothing, so that it can neither disable a trigger nor truncate a table.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$PETWASH_OWNER_PASSWORD" --set app_password="$PETWASH_APP_PASSWORD" <<'SQL'
CREATE ROLE petwash_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE petwash_app LOGIN PASSWORD :'app_password';
CREATE DATABASE petwash OWNER petwash_owner ENCODING 'UTF8';
\connect petwash
ALTER DEFAULT PRIVILEGES FOR ROLE petwash_owner
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO petwash_app;
ALTER DEFAULT PRIVILEGES FOR ROLE petwash_owner GRANT USAGE ON SEQUENCES TO petwash_app;
SQL
