# Sourced by scripts/test: a browser, and what drives it, for the tests of pages.
# shellcheck shell=bash

browser_lists=$repository/test/browser
browser_folder=$build/browser
browser_modules=$browser_folder/node_modules

has_browser_modules() {
  [[ -d $browser_modules && -e $browser_folder/installed && $(<"$browser_folder/installed") == "$(<"$browser_lists/package-lock.json")" ]]
}

# Exactly what the list names, by its hashes; nothing of it is run while it is installed.
install_browser_modules() {
  need_npm
  make_folder "$browser_folder"
  cp "$browser_lists"/package{,-lock}.json "$browser_folder/"
  say "downloading the modules that drive the browser (60 MB unpacked)"
  logged npm-browser npm ci --prefix "$browser_folder" --ignore-scripts --no-audit --no-fund \
    --fetch-retry-mintimeout 1000 --fetch-retry-maxtimeout 5000 || fail_to_download "npm could not download them: $(cause)"
  cp "$browser_lists/package-lock.json" "$browser_folder/installed"
}

# need_browser: sets $browser_option, for CMake. A person may do without (FACENET_BROWSER=no), and so
# does a machine that cannot get Chromium.
need_browser() {
  browser_option=-DFACENET_BROWSER_MODULES=
  if [[ ${FACENET_BROWSER:-} == no ]]; then
    say "the tests in a browser are left out, as FACENET_BROWSER=no says"
  elif (need_packages browser) && { has_browser_modules || (install_browser_modules); }; then
    browser_option+=$browser_modules
  else
    say "going on without the tests in a browser; FACENET_BROWSER=no leaves them out at once"
  fi
}
