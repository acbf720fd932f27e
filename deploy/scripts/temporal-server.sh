#!/bin/sh
# Starts the Temporal server with the database password from its file: the image takes it as a variable only.
set -eu

POSTGRES_PWD=$(cat /run/secrets/postgres_password)
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
