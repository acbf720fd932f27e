#!/bin/sh
# Waits until Temporal serves, and creates the namespace when it is missing. Closed workflows are kept for so long as
# RETENTION says; the account of every order is in MongoDB and stays.
set -eu

tries=0
until said=$(temporal operator cluster health 2>&1); do
	tries=$((tries + 1))
	if [ "$tries" -ge 60 ]; then
		echo "Temporal at $TEMPORAL_ADDRESS does not serve after $tries tries: $said" >&2
		exit 1
	fi
	if [ $((tries % 10)) = 5 ]; then
		echo "waiting for Temporal at $TEMPORAL_ADDRESS: $said" >&2
	fi
	sleep 2
done

name=${NAMESPACE:-default}
if temporal operator namespace describe --namespace "$name" >/dev/null 2>&1; then
	echo "namespace $name is there"
	exit 0
fi
temporal operator namespace create --namespace "$name" --retention "${RETENTION:-30d}"
