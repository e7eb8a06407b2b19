"""Machines as /proc shows them."""

from pathlib import Path

IDENTITY_MAP = "         0          0 4294967295\n"
ROOTLESS_MAP = "         0       1000          1\n         1     100000      65536\n"


def status(
    *, uid: int = 1000, capabilities: int = 0, bounds: int = 0, no_new_privileges: int = 1, seccomp: int = 2
) -> str:
    """/proc/self/status as the reference compose file makes it, but for what is given."""
    return (
        "Name:\tpython\nUmask:\t0022\n"
        f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t1000\t1000\t1000\t1000\n"
        f"CapInh:\t{0:016x}\nCapPrm:\t{capabilities:016x}\nCapEff:\t{capabilities:016x}\n"
        f"CapBnd:\t{bounds:016x}\nCapAmb:\t{0:016x}\n"
        f"NoNewPrivs:\t{no_new_privileges}\nSeccomp:\t{seccomp}\nSeccomp_filters:\t1\n"
    )


def mountinfo(*, root_options: str = "ro,relatime", data_dir: str = "/data") -> str:
    """/proc/self/mountinfo of a container with a named volume."""
    return (
        f"701 600 0:60 / / {root_options} - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/AB\n"
        "702 701 0:61 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n"
        "703 701 0:62 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755\n"
        "704 701 0:63 / /tmp rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,size=16384k\n"
        f"705 701 8:1 /var/lib/docker/volumes/discarr_data/_data {data_dir} rw,relatime - ext4 /dev/sda1 rw\n"
        "706 701 8:1 /var/lib/docker/containers/0123/hosts /etc/hosts rw,relatime - ext4 /dev/sda1 rw\n"
    )


def lay_out(root: Path, *, status: str, uid_map: str = IDENTITY_MAP, mountinfo: str = "") -> None:
    """Put a /proc below `root`."""
    proc = root / "proc" / "self"
    proc.mkdir(parents=True)
    (proc / "status").write_text(status)
    (proc / "uid_map").write_text(uid_map)
    (proc / "mountinfo").write_text(mountinfo)
