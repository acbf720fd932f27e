#!/bin/sh
# Brings both databases of Temporal to the schema of this version of the tools. Done again, it changes nothing; after an
# update of the image it adds what is new.
set -eu

SQL_PASSWORD=$(cat "${SECRETS_DIR:-/run/secrets}/postgres_password")
export SQL_PASSWORD

host=${POSTGRES_HOST:-postgresql}
port=${POSTGRES_PORT:-5432}
schema=${SCHEMA_DIR:-/etc/temporal/schema}/postgresql/v12

sql() { temporal-sql-tool --plugin postgres12 --endpoint "$host" --port "$port" --user temporal "$@"; }

prepare() { # database, folder of its schema
	sql --database "$1" create
	sql --database "$1" setup-schema --version 0.0
	sql --database "$1" update-schema --schema-dir "$schema/$2/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
echo "the schema of Temporal is up to date"
