#!/bin/sh
# The page tests drive the system's Chromium. Where it is missing and we may, it is installed.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the page tests …"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
    exit 0
fi
echo "The page tests need Chromium. Install it, for example: sudo apt-get install chromium" >&2
exit 1
