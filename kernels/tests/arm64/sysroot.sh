#!/usr/bin/env bash
# sysroot.sh FOLDER PACKAGE...
# Recreates FOLDER with Debian's arm64 packages and their dependencies unpacked. apt uses this machine's sources, keys and
# proxies, but keeps its state next to FOLDER. Nothing is installed, no package script runs, root is not needed, and dpkg gets
# no second architecture.
set -euo pipefail
sysroot=$(realpath --canonicalize-missing "$1")
shift

state=$sysroot.apt
trap 'rm -rf "$state"' EXIT
rm -rf "$sysroot" "$state"
mkdir -p "$state"/{lists,archives}/partial
: > "$state/installed"
for_arm64=(-qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=root
           -o Dir::State="$state" -o Dir::State::status="$state/installed" -o Dir::State::lists="$state/lists"
           -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives")
if ! apt-get "${for_arm64[@]}" update ||
   ! apt-get "${for_arm64[@]}" install --yes --no-install-recommends --download-only "$@" > /dev/null; then
  echo "apt did not find the arm64 packages, see above. On Debian, [arch=...] and Architectures: in /etc/apt must" \
       "include arm64; on Ubuntu, add the ports source" >&2
  exit 1
fi

# Programs look for their loader in /lib, but packages of Debian 13 have it in /usr/lib only; an installed system has this link.
mkdir -p "$sysroot"/usr/{bin,lib,sbin}
ln -s usr/bin usr/lib usr/sbin "$sysroot"
for package in "$state"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink --no-same-owner -C "$sysroot"
done
# An absolute link points out of the sysroot, to this machine's files: make it relative.
find "$sysroot" -lname '/*' -printf '%p\n%l\n' | while read -r link && read -r target; do
  ln -sfn "$(realpath -ms --relative-to="$(dirname "$link")" "$sysroot$target")" "$link"
done
