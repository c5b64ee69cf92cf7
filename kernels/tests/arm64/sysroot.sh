#!/usr/bin/env bash
# sysroot.sh FOLDER PACKAGE...
# Makes FOLDER anew, with Debian's arm64 packages and all that they depend on unpacked in it. apt gets them from where this
# machine gets its own (sources, keys, proxies), but keeps its state next to FOLDER: nothing is installed, no script of a
# package runs, root is not needed, and this machine's dpkg does not learn of a second architecture.
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
  echo "apt has not found the arm64 packages, see above. On Debian, no [arch=...] or Architectures: of its sources in" \
       "/etc/apt may leave arm64 out; on Ubuntu, add the source of its ports" >&2
  exit 1
fi

# Programs look for their loader in /lib, and packages of Debian 13 have it in /usr/lib alone: the system makes the link.
mkdir -p "$sysroot"/usr/{bin,lib,sbin}
ln -s usr/bin usr/lib usr/sbin "$sysroot"
for package in "$state"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink --no-same-owner -C "$sysroot"
done
# An absolute link leads out of the sysroot, to this machine's own files.
find "$sysroot" -lname '/*' -printf '%p\n%l\n' | while read -r link && read -r target; do
  ln -sfn "$(realpath -ms --relative-to="$(dirname "$link")" "$sysroot$target")" "$link"
done
