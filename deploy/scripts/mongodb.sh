#!/bin/bash
# Starts MongoDB as a member of the replica set rs0. Its key file must belong to mongodb alone, which a mounted secret
# does not, so it is copied.
set -eu

install -m 0400 -o mongodb -g mongodb /run/secrets/mongodb_keyfile /tmp/mongodb.key
exec docker-entrypoint.sh mongod --replSet rs0 --keyFile /tmp/mongodb.key --bind_ip_all
