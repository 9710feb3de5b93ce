#!/bin/sh
# A nightly copy of everything a node needs to come back, while it runs. From cron, as the node's user, into a directory of that user:
#   15 2 * * *  /opt/cordee/bin/cordee-backup /var/backups/cordee
# Restore: stop the node, put cordee.sqlite, seal.key and media/ back into the data directory, cordee.toml into /etc/cordee,
# run `cordee init` (it runs migrations and says what it kept), start.
set -eu
umask 077
PATH=$(dirname "$0"):$PATH # cron's has no place for the command that lies beside this
target=$1
keep_days=${2:-14}
data=${CORDEE_DATA_DIR:-/var/lib/cordee}
settings=${CORDEE_CONFIG:-/etc/cordee/cordee.toml}

now=$(date -u +%Y-%m-%dT%H%M%SZ)
mkdir -p "$target/$now.part"
cordee backup "$target/$now.part/cordee.sqlite"
cp "$data/seal.key" "$settings" "$target/$now.part/"
[ ! -d "$data/media" ] || cp -a "$data/media" "$target/$now.part/media"
# The name without .part says: this one is whole.
mv "$target/$now.part" "$target/$now"
find "$target" -mindepth 1 -maxdepth 1 -type d -name '20*' -mtime +"$keep_days" -exec rm -rf {} +
