#!/bin/sh
# Cuts the power under a committing database, again and again, and looks for every acknowledged op.
#
# An ext4 on a loop device is shut down with EXT4_IOC_SHUTDOWN (NOLOGFLUSH): from then on nothing reaches the "disk", as
# when the power fails. Then it is mounted again (journal replay) and `verifies_a_ledger` of tests/crash.rs reads it.
# Only answers that reached this script before the cut count. Needs root, loop devices and python3 (for the ioctl).
#
#   tests/power-cut.sh [CUTS]
set -eu
cuts=${1:-5}
cd "$(dirname "$0")/.."
skip() { echo "SKIPPED: $1: power cuts were not tested" >&2; exit 0; }
[ "$(id -u)" = 0 ] || skip "needs root"
[ -e /dev/loop-control ] || skip "needs loop devices"
command -v mkfs.ext4 >/dev/null || skip "needs mkfs.ext4"

test_bin=$(cargo test --test crash --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*\/crash-[^"]*\)".*/\1/p' | tail -1)
work=$(mktemp -d)
disk=$work/disk.img
mnt=$work/mnt
mkdir "$mnt"
truncate -s 1G "$disk"
mkfs.ext4 -q "$disk"
mount -o loop "$disk" "$mnt" || skip "cannot mount a loop device"
trap 'umount -l "$mnt" 2>/dev/null; rm -rf "$work"' EXIT
: >"$work/ledger"

cut=1
while [ "$cut" -le "$cuts" ]; do
    GREENROOM_CRASH_CHILD=$mnt "$test_bin" --exact commits_until_it_is_killed --nocapture >"$work/out" 2>"$work/err" &
    child=$!
    sleep "$(awk -v s="$cut" 'BEGIN { srand(s * 7919); print 2 + 4 * rand() }')"
    # Whole lines only, and only those written before the cut.
    python3 - "$mnt" "$work/out" "$work/ledger" <<'PYTHON'
import fcntl, os, struct, sys
mount, out, ledger = sys.argv[1:]
folder = os.open(mount, os.O_RDONLY)
acks = open(out, "rb").read()
fcntl.ioctl(folder, 0x8004587D, struct.pack("I", 2))  # EXT4_IOC_SHUTDOWN, NOLOGFLUSH
lines = [line for line in acks[: acks.rfind(b"\n") + 1].splitlines() if line.startswith(b"ack ")]
open(ledger, "ab").write(b"".join(line + b"\n" for line in lines))
PYTHON
    kill -9 "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
    umount "$mnt"
    mount -o loop "$disk" "$mnt"
    GREENROOM_CRASH_VERIFY=$work/ledger GREENROOM_CRASH_DIR=$mnt \
        "$test_bin" --exact verifies_a_ledger --nocapture >"$work/verified" 2>&1 || {
        cat "$work/verified"
        echo "cut $cut of $cuts: FAILED"
        exit 1
    }
    echo "cut $cut of $cuts: $(grep '^verified' "$work/verified")"
    cut=$((cut + 1))
done
