# Install what is in /whisk.system: API management, the catalog, the event providers.
export OPENWHISK_HOME=/openwhisk
fetch() {
  git clone "https://github.com/apache/$1" "/$1"
  git -C "/$1" checkout "$2"
}

fetch openwhisk "$OW_GIT_TAG_OPENWHISK"
fetch openwhisk-catalog "$OW_GIT_TAG_OPENWHISK_CATALOG"

for attempt in $(seq 10); do
  (cd /openwhisk/ansible/roles/routemgmt/files && ./installRouteMgmt.sh "$WHISK_AUTH" "$WHISK_API_HOST_URL" "$WHISK_SYSTEM_NAMESPACE" wsk) && break
  echo "Failed to deploy routemgmt package; will pause, uninstall, and try again"
  [ "$attempt" -lt 10 ] || { echo "Giving up after 10 failed attempts to install the routemgmt package"; exit 1; }
  sleep 10
done

(cd /openwhisk-catalog/packages && ./installCatalog.sh "$WHISK_AUTH" "$WHISK_API_HOST_URL" wsk)

database="$PROVIDER_DB_PROTOCOL://$PROVIDER_DB_USERNAME:$PROVIDER_DB_PASSWORD@$PROVIDER_DB_HOST:$PROVIDER_DB_PORT"
if [ "$OW_INSTALL_ALARM_PROVIDER" = yes ]; then
  fetch openwhisk-package-alarms "$OW_GIT_TAG_OPENWHISK_PACKAGE_ALARMS"
  (cd /openwhisk-package-alarms && ./installCatalog.sh "$WHISK_AUTH" "$WHISK_API_HOST_URL" "$database" "$ALARM_DB_PREFIX" "$WHISK_API_HOST")
fi
if [ "$OW_INSTALL_KAFKA_PROVIDER" = yes ]; then
  fetch openwhisk-package-kafka "$OW_GIT_TAG_OPENWHISK_PACKAGE_KAFKA"
  (cd /openwhisk-package-kafka && ./installKafka.sh "$WHISK_AUTH" "$WHISK_API_HOST_URL" "$database" "$KAFKA_DB_PREFIX" "$WHISK_API_HOST")
fi
