# Prepare CouchDB: users from the keys of this release, then empty databases.
url="$DB_PROTOCOL://$COUCHDB_USER:$COUCHDB_PASSWORD@$DB_HOST:$DB_PORT"

until curl -fsS "$url/_utils/" -o /dev/null; do
  echo "waiting for CouchDB to be available"
  sleep 2
done

curl -fsS -X PUT "$url/_node/couchdb@$NODENAME/_config/couch_httpd_auth/timeout" -d '"600"' || true
for system in _users _replicator _global_changes; do
  curl -sS -X PUT "$url/$system"
done

git clone https://github.com/apache/openwhisk /openwhisk
cd /openwhisk
git checkout "$OW_GIT_TAG_OPENWHISK"
cp /etc/whisk-auth/system ansible/files/auth.whisk.system
cp /etc/whisk-auth/guest ansible/files/auth.guest

cd ansible
ansible-playbook -i environments/local setup.yml
ansible-playbook -i environments/local initdb.yml
ansible-playbook -i environments/local wipe.yml

# Pods look for this database to learn that everything above is done.
curl -fsS -X PUT "$url/ow_kube_couchdb_initialized_marker"
echo "successfully initialized CouchDB for OpenWhisk"
