#!/bin/sh
# A stand-in for K3s' install script, for the tests of real machines. Like that script it reads
# INSTALL_K3S_VERSION, INSTALL_K3S_EXEC, INSTALL_K3S_MIRROR and its _URL, K3S_URL and K3S_TOKEN,
# downloads and verifies the program, makes and starts a systemd unit, and leaves an uninstaller.
# What it installs is a stand-in as well: standin_k3s.py.

BIN=/usr/local/bin
UNITS=/etc/systemd/system
RELEASES=https://github.com/k3s-io/k3s/releases/download

info() { echo "[INFO]  $*"; }
fatal() { echo "[ERROR]  $*" >&2; exit 1; }

SUDO=sudo
[ "$(id -u)" -ne 0 ] || SUDO=

[ -n "$INSTALL_K3S_VERSION" ] || fatal 'This stand-in needs INSTALL_K3S_VERSION'
FOLDER="$RELEASES/$(echo "$INSTALL_K3S_VERSION" | sed 's/+/%2B/')"
if [ "$INSTALL_K3S_MIRROR" = cn ]; then
    FOLDER="${INSTALL_K3S_MIRROR_URL:-http://rancher-mirror.rancher.cn}/k3s/$(echo "$INSTALL_K3S_VERSION" | sed 's/+/-/')"
fi
if [ -n "$K3S_URL" ]; then
    [ -n "$K3S_TOKEN" ] || fatal "K3S_URL is defined, but K3S_TOKEN is not"
    NAME=k3s-agent COMMAND="${INSTALL_K3S_EXEC:-agent}"
else
    NAME=k3s COMMAND="${INSTALL_K3S_EXEC:-server}"
fi

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
info "Stand-in for K3s: using $INSTALL_K3S_VERSION as release"
info "Downloading hash $FOLDER/sha256sum-amd64.txt"
curl -o "$WORK/hash" -sfL "$FOLDER/sha256sum-amd64.txt" || fatal 'Download failed'
info "Downloading binary $FOLDER/k3s"
curl -o "$WORK/k3s" -sfL "$FOLDER/k3s" || fatal 'Download failed'
[ "$(sha256sum < "$WORK/k3s" | cut -d ' ' -f 1)" = "$(cut -d ' ' -f 1 "$WORK/hash")" ] ||
    fatal 'Download sha256 does not match'

info "Installing k3s to $BIN/k3s"
$SUDO install -m 755 "$WORK/k3s" "$BIN/k3s" || fatal 'Cannot write'
$SUDO ln -sf k3s "$BIN/kubectl"

info "Creating uninstall script $BIN/$NAME-uninstall.sh"
$SUDO tee "$BIN/$NAME-uninstall.sh" > /dev/null <<END
#!/bin/sh
[ "\$(id -u)" -eq 0 ] || exec sudo "\$0" "\$@"
systemctl disable --now $NAME.service
rm -f $UNITS/$NAME.service $UNITS/$NAME.service.env $BIN/k3s $BIN/kubectl
systemctl daemon-reload
systemctl reset-failed $NAME.service 2> /dev/null
rm -rf /etc/rancher /var/lib/rancher $BIN/$NAME-uninstall.sh
END
$SUDO chmod 755 "$BIN/$NAME-uninstall.sh"

info "systemd: Creating service file $UNITS/$NAME.service"
$SUDO rm -f "$UNITS/$NAME.service.env"
$SUDO install -m 600 /dev/null "$UNITS/$NAME.service.env"
env | grep '^K3S_' | $SUDO tee "$UNITS/$NAME.service.env" > /dev/null
$SUDO tee "$UNITS/$NAME.service" > /dev/null <<END
[Unit]
Description=A stand-in for K3s
After=network-online.target
Wants=network-online.target
[Service]
Type=notify
EnvironmentFile=-$UNITS/$NAME.service.env
ExecStart=$BIN/k3s $COMMAND
Restart=on-failure
RestartSec=5s
TimeoutStartSec=600
[Install]
WantedBy=multi-user.target
END
$SUDO systemctl daemon-reload
info "systemd: Enabling and starting $NAME"
$SUDO systemctl enable --quiet "$NAME.service"
$SUDO systemctl restart "$NAME.service" || fatal "$NAME did not start: $($SUDO journalctl -q -n 1 -o cat "_SYSTEMD_UNIT=$NAME.service" _TRANSPORT=stdout)"
