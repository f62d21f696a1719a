#!/bin/sh
# Gives the broker its users: a random password for each that has none yet, and the rights in acl. The bridge is given the
# broker's address with its own password, and nothing else.
set -eu
umask 077

users=/mosquitto/users
bridge=/bridge

for user in monzo-bridge homeassistant; do
  password=$users/$user.password
  if [ ! -s "$password" ]; then
    head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"$password.new"
    mv "$password.new" "$password"
  fi
  printf '%s:%s\n' "$user" "$(cat "$password")"
done >$users/passwords.new
mosquitto_passwd -U $users/passwords.new

# Of the broker's health check, and of whoever looks at its messages: docker compose exec mosquitto mosquitto_sub -v -t 'monzo/#'
printf -- '-u monzo-bridge\n-P %s\n' "$(cat $users/monzo-bridge.password)" >$users/mosquitto_sub

cp /setup/acl $users/acl.new
chmod 600 $users/acl.new
chown mosquitto:mosquitto $users $users/*
mv $users/acl.new $users/acl
mv $users/passwords.new $users/passwords

printf 'mqtt://monzo-bridge:%s@mosquitto:1883\n' "$(cat $users/monzo-bridge.password)" >$bridge/mqtt-url.new
chown 1000:1000 $bridge/mqtt-url.new
mv $bridge/mqtt-url.new $bridge/mqtt-url
