# Is every package of /whisk.system there?
wsk() { command wsk -i --apihost "$WSK_API_HOST_URL" --auth "$WSK_AUTH" "$@"; }

missing=0
check() {
  if wsk package list /whisk.system | grep -q "/whisk.system/$1 "; then
    echo "found /whisk.system/$1"
  else
    echo "missing /whisk.system/$1"
    missing=1
  fi
}

for package in github samples slack utils websocket; do check "$package"; done
[ "$OW_INSTALL_ALARM_PROVIDER" != yes ] || check alarms
[ "$OW_INSTALL_KAFKA_PROVIDER" != yes ] || check messaging

[ "$missing" = 0 ] || { echo "FAILED: packages are missing"; exit 1; }
echo "PASSED! All packages are installed"
