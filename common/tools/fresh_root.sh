#!/bin/sh
# fresh_root.sh SUITE [TARGET...] -- the repository on a bare machine: a Debian root of that suite with nothing but make,
# in a folder whose name has a blank and Chinese characters, under a German locale, as an ordinary user. Installs
# with `make deps` and builds the targets (all outputs). Needs root and debootstrap; says so where they are missing.
suite=$1
shift
[ $# -gt 0 ] || set -- all outputs
skip() { echo "fresh root of $suite: skipped: $1" && exit 0; }
[ "$(id -u)" -eq 0 ] || skip "only root can make one"
command -v debootstrap >/dev/null || apt-get install -y -qq debootstrap >/dev/null 2>&1 || skip "debootstrap is not here"
mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | head -n 1)
root=build/fresh/$suite
mkdir -p "$root"
root=$(cd "$root" && pwd)
[ -x "$root/usr/bin/make" ] || debootstrap --variant=minbase --include=make,git,ca-certificates,locales "$suite" "$root" \
    "$mirror" >"$root.log" 2>&1 || skip "debootstrap failed, see build/fresh/$suite.log"
cp /etc/resolv.conf "$root/etc/" 2>/dev/null
for file in /etc/apt/apt.conf.d/*; do # proxies and certificates of this machine
    case $(cat "$file") in *Acquire*) cp "$file" "$root/etc/apt/apt.conf.d/" ;; esac
done
chroot "$root" sh -c 'sed -i "s/^# *de_DE.UTF-8/de_DE.UTF-8/" /etc/locale.gen && locale-gen >/dev/null 2>&1
    id reader >/dev/null 2>&1 || useradd -m reader'
home="$root/home/reader/ein Buch 大模型"
rm -rf "$home" && mkdir -p "$home"
git ls-files -z | xargs -0 tar c --null 2>/dev/null | tar x -C "$home"
chroot "$root" chown -R reader /home/reader
mount -t proc proc "$root/proc" 2>/dev/null
mount --bind /dev "$root/dev" 2>/dev/null
trap 'umount "$root/proc" "$root/dev" 2>/dev/null' EXIT
chroot "$root" sh -c 'cd "/home/reader/ein Buch 大模型" && make deps' || exit 1
chroot "$root" su reader -c "cd '/home/reader/ein Buch 大模型' && LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 make -j2 $*" || exit 1
echo "fresh root of $suite: $* passed"
