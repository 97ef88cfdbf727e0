# Give action containers the resolver settings of the invoker itself.
index=0
while read -r keyword rest; do
  case $keyword in
    nameserver) export "CONFIG_whisk_containerFactory_containerArgs_dnsServers_${index}=${rest}"; index=$((index + 1)) ;;
    search) export "CONFIG_whisk_containerFactory_containerArgs_dnsSearch_0=${rest}" ;;
    options) export "CONFIG_whisk_containerFactory_containerArgs_dnsOptions_0=${rest}" ;;
  esac
done < /etc/resolv.conf
