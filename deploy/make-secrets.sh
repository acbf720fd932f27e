#!/bin/sh
# Makes the files in deploy/secrets that docker-compose.yml mounts into the containers. Passwords of the databases are
# random; those of Magento and B1 are left empty for you to fill in. Files that are there already stay as they are.
#
# The folder is closed to other users of this machine. The files in it can be read by all, because the containers run
# under users of their own; as root those of DataWald's programs (in capitals) are made theirs alone, user 10001.
set -eu
LC_ALL=C
export LC_ALL

cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
cd secrets
umask 022

random() { # number of bytes, written as hexadecimal digits
	od -An -v -N "$1" -t x1 /dev/urandom | tr -d ' \n'
}

keep() { # name, content
	if [ -e "$1" ]; then
		echo "  $1 is there"
		return
	fi
	printf '%s' "$2" >"$1"
	echo "  $1 made"
}

keep postgres_password "$(random 24)"
keep mongodb_root_password "$(random 24)"
keep mongodb_keyfile "$(random 400)"
keep mongodb_password "$(random 24)"
keep grafana_admin_password "$(random 24)"
keep MONGODB_URI "mongodb://datawald:$(cat mongodb_password)@mongodb:27017/?replicaSet=rs0&authSource=datawald"

echo "to fill in:"
keep B1_PASSWORD ""
keep MAGENTO_CONSUMER_KEY ""
keep MAGENTO_CONSUMER_SECRET ""
keep MAGENTO_ACCESS_TOKEN ""
keep MAGENTO_ACCESS_TOKEN_SECRET ""
keep MAGENTO_ADMIN_PASSWORD ""

echo "to fill in, or left empty for no webhook:"
keep MAGENTO_WEBHOOK_SECRET ""

echo "to fill in, or left empty, for what people are told of alarms:"
keep ALARM_WEBHOOK_URL ""
keep ALARM_WEBHOOK_SECRET ""
keep ALARM_SMTP_PASSWORD ""

echo "to fill in, or left empty: keys that encrypt what Temporal keeps, and the secret at the identity provider:"
keep TEMPORAL_CODEC_KEYS ""
keep OIDC_CLIENT_SECRET ""

# An update brings deploy/secrets.env as it comes: what is filled in is named there again, and what is empty or gone is not. What an editor leaves beside the
# files has no name of a setting.
secrets() {
	{ ls; sed -n 's|^\([A-Z0-9_]*\)_FILE=/run/secrets/\1$|\1|p' ../secrets.env; } | grep '^[A-Z][A-Z0-9_]*$' | sort -u
}

if [ -s B1_PASSWORD ]; then
	for name in $(secrets); do
		line="${name}_FILE=/run/secrets/$name"
		if [ "$name" != MONGODB_URI ] && [ -s "$name" ] && ! grep -q "^$line\$" ../secrets.env; then
			{ grep -v "^#*${name}_FILE=" ../secrets.env || true; echo "$line"; } >../secrets.env.new
			cat ../secrets.env.new >../secrets.env
			echo "  deploy/secrets.env names $name"
		elif [ ! -s "$name" ] && grep -q "^$line\$" ../secrets.env; then
			sed "s|^$line\$|#&|" ../secrets.env >../secrets.env.new
			cat ../secrets.env.new >../secrets.env
			echo "  deploy/secrets.env names $name no more: it is empty, or gone"
		fi
	done
	rm -f ../secrets.env.new
fi

# What else of this folder is in containers, and no secret, is read by users of their own there: also where new files are closed to others.
for name in scripts temporal.yaml prometheus grafana; do
	if [ -e "../$name" ]; then
		chmod -R a+rX "../$name"
	fi
done

if [ "$(id -u)" = 0 ]; then
	chown 10001 [A-Z]*
	chmod 400 [A-Z]*
fi
echo "then run this again: deploy/secrets.env names those that are filled in"
