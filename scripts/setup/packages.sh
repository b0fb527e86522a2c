# Sourced by the scripts: Debian packages.
# shellcheck shell=bash

packages_of() { awk -v group="$1" '$1 == group { print $2 }' "$repository/scripts/packages"; }

installed() {
  [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing_packages() {
  local group package
  for group in "$@"; do
    for package in $(packages_of "$group"); do
      installed "$package" || echo "$package"
    done
  done
}

# shellcheck source=/dev/null
system_name() { (. /etc/os-release 2>/dev/null && echo "$PRETTY_NAME") || uname -sr; }

# Prints the word before a command that makes it run as root.
as_root() {
  if [[ $(id -u) == 0 ]]; then
    echo env
  elif sudo -n true 2>/dev/null || { command -v sudo >/dev/null && [[ -t 0 ]]; }; then
    echo sudo
  else
    return 1
  fi
}

apt_install() {
  local apt=("$1" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600)
  shift
  # A mirror that fails to update need not be one that we use: only the installation decides.
  "${apt[@]}" update || true
  "${apt[@]}" install --no-install-recommends "$@"
}

# Reads apt-get's output.
follow_apt() {
  local line total=0 size='' downloaded=0 unpacked=0 installed=0
  while IFS= read -r line; do
    if [[ $line =~ ^([0-9]+)\ upgraded,\ ([0-9]+)\ newly\ installed ]]; then
      total=$((BASH_REMATCH[1] + BASH_REMATCH[2]))
    elif [[ $line =~ ^Need\ to\ get\ ([0-9.,]+\ [kMG]?B) ]]; then
      size=" (${BASH_REMATCH[1]})"
    elif ((total == 0)); then
      progress "updating the list of packages"
    elif [[ $line == Get:* ]]; then
      progress "downloading packages: $((++downloaded)) of $total$size"
    elif [[ $line == 'Unpacking '* ]]; then
      progress "unpacking packages: $((++unpacked)) of $total"
    elif [[ $line == 'Setting up '* ]]; then
      progress "installing packages: $((++installed)) of $total"
    fi
  done
}

install_packages() {
  local root
  root=$(as_root) || fail "$# Debian packages are missing and this user may not install them; as root, run: apt-get install $*"
  # The password, if any, is asked for here: apt's own output goes to a log.
  "$root" true || fail "sudo was refused; as root, run: apt-get install $*"
  say "installing what is missing of Debian's packages: $*"
  followed follow_apt apt-install apt_install "$root" "$@" ||
    fail "apt-get could not install the packages on $(system_name) (made for Debian 12): $(cause)"
}

# NodeSource's nodejs brings npm along and conflicts with Debian's package of that name.
need_npm() { command -v npm >/dev/null || install_packages npm; }

# need_packages GROUP…: installs what is missing of these groups of scripts/packages.
need_packages() {
  command -v apt-get >/dev/null ||
    fail "$(system_name) has no apt-get, which set-up relies on (Debian 12): install the libraries that $repository/scripts/packages lists, then build with cmake --preset release"
  local missing
  missing=$(missing_packages "$@")
  # shellcheck disable=SC2086
  [[ -z $missing ]] || install_packages $missing
}
