"""What a machine says to who logs in: the scripts of ``/etc/update-motd.d``, and bash's own files.

They are scripts that the machine runs, as Ubuntu's are: who takes the right to execute away from
one, or writes another, sees that at the next login.
"""

from __future__ import annotations

HEADER = """\
#!/bin/sh
# The first line of a login.
. /etc/lsb-release
system="$(uname -o) $(uname -r) $(uname -m)"
printf "Welcome to %s (%s)\\n" "$DISTRIB_DESCRIPTION" "$system"
"""
HELP = """\
#!/bin/sh
# Where help is.
printf "\\n * Documentation:  https://help.ubuntu.com\\n"
printf " * Management:     https://landscape.canonical.com\\n"
printf " * Support:        https://ubuntu.com/pro\\n"
"""
SYSTEM = """\
#!/bin/sh
# How the machine is.
printf "\\n System information as of %s\\n\\n" "$(date)"
landscape-sysinfo
"""
UPDATES = """\
#!/bin/sh
# What apt could do.
count=$(apt list --upgradable 2>/dev/null | grep -c upgradable)
printf "\\nExpanded Security Maintenance for Applications is not enabled.\\n"
printf "\\n%s updates can be applied immediately.\\n\\n" "$count"
"""
RESTART = """\
#!/bin/sh
# Whether it waits for a restart.
if [ -f /run/reboot-required ]; then echo "*** System restart required ***"; fi
"""
BASHRC = """\
# Read by interactive shells.
PS1='\\u@\\h:\\w\\$ '
if [ ! -e "$HOME/.sudo_as_admin_successful" ] && [ ! -e "$HOME/.hushlogin" ]; then
    case " $(groups) " in *" admin "*|*" sudo "*)
        echo 'To run a command as administrator (user "root"), use "sudo <command>".'
        echo 'See "man sudo_root" for details.'
        echo
    esac
fi
"""
PROFILE = """\
# Read by login shells.
if [ -f /etc/bash.bashrc ] && [ -n "$PS1" ]; then . /etc/bash.bashrc; fi
for part in /etc/profile.d/*.sh; do
    if [ -r "$part" ]; then . "$part"; fi
done
unset part
"""
HOME_BASHRC = """\
# ~/.bashrc of a machine in an owlab pocket lab.
HISTCONTROL=ignoreboth
HISTSIZE=1000
HISTFILESIZE=2000
PS1='\\[\\033[01;32m\\]\\u@\\h\\[\\033[00m\\]:\\[\\033[01;34m\\]\\w\\[\\033[00m\\]\\$ '
alias ls='ls --color=auto'
alias grep='grep --color=auto'
alias fgrep='fgrep --color=auto'
alias egrep='egrep --color=auto'
alias ll='ls -alF'
alias la='ls -A'
alias l='ls -CF'
if [ -f ~/.bash_aliases ]; then . ~/.bash_aliases; fi
"""
ROOT_BASHRC = """\
# ~/.bashrc of root.
HISTCONTROL=ignoredups:ignorespace
PS1='\\u@\\h:\\w\\$ '
alias ls='ls --color=auto'
alias grep='grep --color=auto'
alias ll='ls -alF'
alias la='ls -A'
alias l='ls -CF'
"""
HOME_PROFILE = """\
# ~/.profile: read by login shells.
if [ -f "$HOME/.bashrc" ]; then . "$HOME/.bashrc"; fi
if [ -d "$HOME/bin" ]; then PATH="$HOME/bin:$PATH"; fi
if [ -d "$HOME/.local/bin" ]; then PATH="$HOME/.local/bin:$PATH"; fi
"""
EARLIER_PROFILE = "# ~/.profile: read by login shells.\n"
"""As an earlier owlab wrote it."""

MOTD = {
    "/etc/update-motd.d/00-header": HEADER,
    "/etc/update-motd.d/10-help-text": HELP,
    "/etc/update-motd.d/50-landscape-sysinfo": SYSTEM,
    "/etc/update-motd.d/90-updates-available": UPDATES,
    "/etc/update-motd.d/98-reboot-required": RESTART,
}
STARTUP = {
    "/etc/bash.bashrc": BASHRC,
    "/etc/profile": PROFILE,
    "/home/ubuntu/.bashrc": HOME_BASHRC,
    "/home/ubuntu/.profile": HOME_PROFILE,
    "/home/ubuntu/.bash_logout": "# ~/.bash_logout: read when a login shell ends.\n",
    "/root/.bashrc": ROOT_BASHRC,
    "/root/.profile": HOME_PROFILE,
}
