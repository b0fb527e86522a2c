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
  local apt=("$1" env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=600)
  shift
  # A mirror that fails to update need not be one that we use: only the installation decides.
  "${apt[@]}" update || true
  "${apt[@]}" install --no-install-recommends "$@"
}

install_packages() {
  local root
  root=$(as_root) || fail "$# Debian packages are missing and this user may not install them; as root, run: apt-get install $*"
  # The password, if any, is asked for here: apt's own output goes to a log.
  "$root" true || fail "sudo was refused; as root, run: apt-get install $*"
  say "installing $# Debian package(s) (some minutes, once)"
  logged apt-install apt_install "$root" "$@" ||
    fail "apt-get could not install the packages on $(system_name) (made for Debian 12): $(cause)"
}

# need_packages GROUP…: installs what is missing of these groups of scripts/packages.
need_packages() {
  command -v apt-get >/dev/null ||
    fail "$(system_name) has no apt-get, which set-up relies on (Debian 12): install the libraries that $repository/scripts/packages lists, then build with cmake --preset release"
  local missing
  missing=$(missing_packages "$@")
  # shellcheck disable=SC2086
  [[ -z $missing ]] || install_packages $missing
}
