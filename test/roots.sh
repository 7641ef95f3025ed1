# Roots of Debian releases, made by debootstrap: for test/versions, test/packages and test/faults, which source this.
# Sets $work, which is removed at the end, and $roots (ROOTS, or a folder in $work).

[ "$(id -u)" = 0 ] || { echo "error: roots are made by root: run this with sudo" >&2; exit 1; }
command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends debootstrap >/dev/null
mirror=$(apt-get indextargets --format '$(SITE)' | sed -n 1p)
[ -n "$mirror" ] || { echo "error: apt knows no mirror: apt-get update" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/revops-roots.XXXXXX")
trap 'rm -rf "$work"' EXIT
roots=${ROOTS:-$work/roots}
mkdir -p "$roots"

# A root of a release, without packages of ours.
make_root() { # SUITE
	[ ! -e "$roots/$1/.made" ] || return 0
	rm -rf "${roots:?}/$1"
	debootstrap --variant=minbase --include=ca-certificates,make "$1" "$roots/$1" "$mirror" >"$work/$1.debootstrap" 2>&1 ||
		{ tail -20 "$work/$1.debootstrap" >&2; return 1; }
	# archives of the past stay readable
	echo 'Acquire::Check-Valid-Until "false";' >"$roots/$1/etc/apt/apt.conf.d/50revops"
	touch "$roots/$1/.made"
}

# What commands in a root begin with; quietly tells what a command printed only where it fails.
prelude='
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
quietly() { "$@" >~/log 2>&1 || { tail -30 ~/log; exit 1; }; }
install() { quietly apt-get -qq install -y --no-install-recommends "$@"; }
cd
apt-get -qq update
'

# Runs commands in a root; they begin in its folder build. Mounts and processes end with them.
in_root() { # ROOT COMMANDS [NAME=VALUE...]
	unshare --mount --pid --fork --kill-child bash -c '
		mount -t proc proc "$1/proc"
		mkdir -p "$1/dev/shm"
		mount -t tmpfs tmpfs "$1/dev/shm"
		exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/build "${@:3}" bash -c "$2"' _ "$1" "$prelude$2" "${@:3}"
}

# Makes $work/root a copy of a root, which so stays as it was made; its folder build holds what another folder holds.
copy_root() { # NAME FOLDER
	rm -rf "$work/root"
	cp -a "$roots/$1" "$work/root"
	mkdir -p "$work/root/build"
	cp -RL "$2/." "$work/root/build/"
}

# Runs commands in such a copy.
in_copy() { # NAME FOLDER COMMANDS [NAME=VALUE...]
	copy_root "$1" "$2"
	in_root "$work/root" "${@:3}"
}
