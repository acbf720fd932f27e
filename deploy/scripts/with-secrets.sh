#!/bin/sh
# Makes a setting of each file in /run/secrets and then runs the program: the file's name is the setting's, its content
# the value. A file that is empty is left out, so that the setting may come from the environment.
set -eu

for file in "${SECRETS_DIR:-/run/secrets}"/*; do
	[ -s "$file" ] || continue
	value=$(cat "$file")
	export "$(basename "$file")=$value"
done
exec "$@"
