#!/usr/bin/env python3
"""Builds what a registry needs of a release: zips, manifest and checksums, ready to be signed.

    python3 scripts/package.py                                  this machine's platform, from target/release, for trying out
    python3 scripts/package.py --target x86_64-unknown-linux-musl --target aarch64-unknown-linux-musl
    python3 scripts/package.py --sums-only                      manifest and checksums for zips that lie in dist already

A target with a version of glibc (x86_64-unknown-linux-gnu.2.17) is built with cargo-zigbuild, every other one with cargo. A zip depends on
nothing but the files in it. Released targets are held to old systems; this machine's own build is told what it needs.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

NAME = "terraform-provider-konnectazure"
ROOT = pathlib.Path(__file__).resolve().parent.parent
# Protocol 6 of Terraform plugins, whatever its minor version: registries and programs compare the major one.
MANIFEST = {"version": 1, "metadata": {"protocol_versions": ["6.0"]}}
# The oldest glibc that Rust's own standard library supports; of 2012.
OLDEST_GLIBC = (2, 17)
# The first moment that a zip can tell: every build has the same.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
SYSTEMS = {"linux": "linux", "darwin": "darwin", "windows": "windows"}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def version():
    packages = json.loads(output("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"))["packages"]
    return next(package["version"] for package in packages if package["name"] == NAME)


def host():
    return re.search(r"^host: (.+)$", output("rustc", "--version", "--verbose"), re.MULTILINE).group(1)


def platform(target):
    """The platform as registries name it, such as linux_amd64."""
    architecture, rest = target.split("-", 1)
    system = next((name for part, name in SYSTEMS.items() if part in rest), None)
    if system is None or architecture not in ARCHITECTURES:
        sys.exit(f"{target} is no platform that is released")
    return f"{system}_{ARCHITECTURES[architecture]}"


def flags(target):
    """What the compiler is told besides: no paths of this machine in the binary, and nothing to install beside it."""
    home = os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo"
    told = [f"--remap-path-prefix={home}=/cargo", f"--remap-path-prefix={ROOT}=/source"]
    if target.endswith(("-musl", "-msvc")):
        told.append("-Ctarget-feature=+crt-static")
    return "\x1f".join(told)


def build(target):
    """The built binary; of this machine where no target is given."""
    command = ["cargo", "build", "--release", "--locked", "--bin", NAME]
    folder = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    environment = dict(os.environ)
    if target:
        triple, *glibc = target.split(".", 1)
        command[1] = "zigbuild" if glibc else "build"
        command += ["--target", target]
        environment["CARGO_ENCODED_RUSTFLAGS"] = flags(triple)
        folder /= triple
    subprocess.run(command, cwd=ROOT, check=True, env=environment)
    suffix = ".exe" if "windows" in (target or host()) else ""
    return folder / "release" / f"{NAME}{suffix}"


def needs(binary):
    """The shared libraries that a Linux binary needs, and the version of glibc among them, if any."""
    if not shutil.which("objdump"):
        sys.exit("objdump is missing: it tells which C library the binary needs, and comes with binutils")
    headers = output("objdump", "-p", str(binary))
    libraries = re.findall(r"^\s*NEEDED\s+(\S+)", headers, re.MULTILINE)
    versions = {tuple(map(int, found.split("."))) for found in re.findall(r"\bGLIBC_(\d+(?:\.\d+)+)", headers)}
    return libraries, max(versions, default=None)


def check_age(binary, is_release):
    libraries, glibc = needs(binary)
    if not libraries:
        print(f"{binary.name} is static: it runs on any Linux")
        return
    version = ".".join(map(str, glibc)) if glibc else "none"
    print(f"{binary.name} needs {', '.join(libraries)}; glibc: {version}")
    if is_release and (glibc is None or glibc > OLDEST_GLIBC):
        sys.exit(f"a release must run on older systems: it is static, or needs glibc {'.'.join(map(str, OLDEST_GLIBC))} at most")


def pack(binary, where, release, place):
    """The zip of one platform, with the executable bit that Unix needs."""
    archive = where / f"{NAME}_{release}_{place}.zip"
    entries = [(f"{NAME}_v{release}{binary.suffix}", binary, 0o755), ("LICENSE", ROOT / "LICENSE", 0o644)]
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, file, mode in sorted(entries):
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.create_system = 3
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, file.read_bytes(), compresslevel=9)
    return archive


def sums(where, release):
    """Manifest and checksums for everything of this release that lies in the folder."""
    manifest = where / f"{NAME}_{release}_manifest.json"
    manifest.write_text(json.dumps(MANIFEST, indent=2) + "\n")
    files = sorted([*where.glob(f"{NAME}_{release}_*.zip"), manifest])
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    listed = where / f"{NAME}_{release}_SHA256SUMS"
    listed.write_text("".join(lines))
    return listed


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--target", action="append", default=[], help="a Rust target to release; may be given several times")
    arguments.add_argument("--out", type=pathlib.Path, default=ROOT / "target" / "dist", help="where the files go (target/dist)")
    arguments.add_argument("--sums-only", action="store_true", help="build nothing, count what is there")
    asked = arguments.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    release = version()
    for target in [] if asked.sums_only else asked.target or [None]:
        binary = build(target)
        place = platform(target or host())
        if place.startswith("linux"):
            check_age(binary, is_release=target is not None)
        print(pack(binary, asked.out, release, place))
    print(sums(asked.out, release))


if __name__ == "__main__":
    main()
