# SPDX-License-Identifier: BSD-2-Clause
"""The services of packaging/container/compose.yaml, started by Debian's podman as a compose program would start them. Each key of the
file has an effect here; a key that is not known is an error, so that the file is what is tested."""
import json
import os
import pathlib
import re
import resource
import subprocess
import time

import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CONTAINER = SOURCE / "packaging/container"
# By Debian's packages alone, with rights and limits that a machine of tests may have.
SETTINGS = """[containers]
default_ulimits = ["nofile={files}:{files}", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Podman:
    """A podman with a store of its own, in a folder."""

    def __init__(self, folder):
        (folder / "containers.conf").write_text(SETTINGS.format(files=resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        self.command = ["podman", f"--root={folder}/storage", f"--runroot={folder}/runtime"]
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "CONTAINERS_CONF": str(folder / "containers.conf"),
                            "PODMAN": " ".join(self.command), "LC_ALL": "C.UTF-8"}

    def __call__(self, *arguments, timeout=120):
        return subprocess.run([*self.command, *map(str, arguments)], env=self.environment, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)

    def run(self, *arguments, **options):
        done = self(*arguments, **options)
        assert done.returncode == 0, f"podman {' '.join(map(str, arguments))}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout


def read_service(name):
    text = (CONTAINER / "compose.yaml").read_text()
    # "${NAME:-value}" without a variable NAME.
    document = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
    return document, document["services"][name]


def seconds(text):
    return re.fullmatch(r"(\d+)s", text)[1]


class Service:
    def __init__(self, podman, name, folder, network, resolver):
        self.podman, self.folder, self.network, self.resolver = podman, folder, network, resolver
        self.document, self.spec = read_service(name)
        self.container = self.spec["container_name"]

    def volume(self, text):
        """A folder beside the file, or a named volume."""
        source, rest = text.split(":", 1)
        if source.startswith("./"):
            return f"{self.folder / source}:{rest}"
        assert source in self.document["volumes"]
        return f"{self.document['name']}_{source}:{rest}"

    def network_options(self, mode):
        """The host's network is a network namespace that the test made."""
        assert mode in ("host", "none")
        return ["--network=none"] if mode == "none" else [f"--network=ns:{self.network}", f"--dns={self.resolver}"]

    def options(self, key, value):
        """Those of "podman run" for a key of the service."""
        single = {
            "image": lambda: [], "command": lambda: [], "depends_on": lambda: [], "healthcheck": lambda: ["--no-healthcheck"],
            "container_name": lambda: [f"--name={value}"], "hostname": lambda: [f"--hostname={value}"],
            "restart": lambda: [f"--restart={value}"], "shm_size": lambda: [f"--shm-size={value}"],
            "stop_grace_period": lambda: [f"--stop-timeout={seconds(value)}"], "network_mode": lambda: self.network_options(value),
            "read_only": lambda: ["--read-only", "--read-only-tmpfs=false"] if value else [],
            "tmpfs": lambda: [f"--tmpfs={place}" for place in value],
            "cap_drop": lambda: [f"--cap-drop={one}" for one in value], "cap_add": lambda: [f"--cap-add={one}" for one in value],
            "security_opt": lambda: [f"--security-opt={one}" for one in value],
            "volumes": lambda: [f"--volume={self.volume(one)}" for one in value],
            "secrets": lambda: [f"--volume={self.folder / self.document['secrets'][one]['file']}:/run/secrets/{one}:ro" for one in value],
        }
        return single[key]()

    def up(self, image):
        options = [option for key, value in self.spec.items() for option in self.options(key, value)]
        assert self.spec["image"] == "localhost/emailgency:latest"
        self.podman.run("run", "--detach", *options, image, self.spec["command"])

    def health(self):
        """(exit code, output) of the file's health check."""
        kind, *command = self.spec["healthcheck"]["test"]
        assert kind == "CMD"
        done = self.podman("exec", self.container, *command)
        return done.returncode, done.stdout

    def wait_until_healthy(self, within=240):
        end, last = time.monotonic() + within, None
        while time.monotonic() < end:
            last = self.health()
            if last[0] == 0:
                return
            time.sleep(0.5)
        raise AssertionError(f"{self.container} is not well: {last}\n{self.logs()}")

    def logs(self):
        return self.podman("logs", "--tail=60", self.container).stdout

    def inspect(self):
        return json.loads(self.podman.run("container", "inspect", self.container))[0]

    def says(self, script):
        return self.podman("exec", self.container, "bash", "-ec", script).returncode == 0

    def run(self, script):
        return self.podman.run("exec", self.container, "bash", "-ec", script)

    def stop(self):
        """By SIGTERM; the exit code of its process 1."""
        self.podman.run("stop", self.container)
        return self.inspect()["State"]["ExitCode"]

    def kill(self):
        """By kill -9 of its process 1, with which all of it ends."""
        os.kill(self.inspect()["State"]["Pid"], 9)
