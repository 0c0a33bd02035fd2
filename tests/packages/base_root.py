# SPDX-License-Identifier: BSD-2-Clause
"""The root that the machines start from: Debian 12 with systemd and Postfix as their packages configure them, made by
mmdebstrap from the mirror that this host's apt has. Archives that the tests install later are downloaded too, since a machine
has no network."""
import pathlib
import shutil
import subprocess

CACHE = pathlib.Path("/var/cache/apt/archives")
INCLUDED = "systemd systemd-sysv libpam-systemd postfix iproute2 procps ca-certificates"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def sources():
    """This host's own, by which it installs too."""
    folder = pathlib.Path("/etc/apt")
    found = [path for path in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
             if path.suffix in (".list", ".sources") and path.exists()]
    return [str(path) for path in found]


def transport_options(folder):
    """A file with this host's options of apt's downloads, such as a proxy."""
    dump = subprocess.run(["apt-config", "dump", "--format", '%F "%v";%n', "Acquire"], text=True, check=True, stdout=subprocess.PIPE)
    kept = [line for line in dump.stdout.splitlines() if line.startswith(("Acquire::http", "Acquire::https", "Acquire::Retries"))]
    path = folder / "apt.conf"
    path.write_text("\n".join(kept) + "\n")
    return path


def run(command, log):
    with open(log, "ab") as out:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=ENVIRONMENT)
    assert done.returncode == 0, f"{command} failed:\n{pathlib.Path(log).read_text(errors='replace')[-3000:]}"


def make(folder, later):
    """The root's path. `later` are packages to download."""
    root, log = folder / "base", folder / "base.log"
    CACHE.mkdir(parents=True, exist_ok=True)
    copy_in = f'mkdir -p "$1{CACHE}" && find {CACHE} -maxdepth 1 -name "*.deb" -exec cp -t "$1{CACHE}" {{}} +'
    preseed = 'printf "%s\\n" "postfix postfix/main_mailer_type select Internet Site" "postfix postfix/mailname string mx1.backup.example.net"' \
        ' | chroot "$1" debconf-set-selections'
    download = f'chroot "$1" apt-get install --yes --download-only {" ".join(later)}'
    run(["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", f"--include={','.join(INCLUDED.split())}", "--skip=essential/unlink,cleanup/apt",
         f"--aptopt={transport_options(folder)}", "--dpkgopt=force-unsafe-io", f"--setup-hook={copy_in}", f"--essential-hook={preseed}",
         f"--customize-hook={download}", "bookworm", root, *sources()], log)
    keep_archives(root)
    return root


def download(root, archives, log):
    """Downloads the packages that those among `archives` still need."""
    names = [f"/packages/{path.name}" for path in archives]
    (root / "packages").mkdir()
    for path in archives:
        shutil.copy(path, root / "packages")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    run(["chroot", root, "apt-get", "install", "--yes", "--download-only", *names], log)
    keep_archives(root)


def keep_archives(root):
    """The next run need not download them again."""
    for path in (root / str(CACHE).lstrip("/")).glob("*.deb"):
        if not (CACHE / path.name).exists():
            shutil.copy(path, CACHE)
