"""Unpacks policy archives in memory, within the limits of spec/decisions.md 18."""

import io
import lzma
import posixpath
import stat
import tarfile
import zipfile
import zlib

ROOT = "code/"
XZ_BYTES_MAX = 72 * 1024 * 1024  # enough for the largest preset, `xz -9`
BLOCK_BYTES = 512  # a tar header, and the padding of each file (POSIX pax, "ustar Interchange Format")


class ArchiveError(Exception):
    """The archive breaks a limit or is not one."""


def unpack(data, files_max, bytes_max):
    """Returns {path below code/: bytes}. Refuses links, devices, encrypted files and paths outside code/."""
    try:
        if data[:4] == b"PK\x03\x04":
            entries = _zip_entries(data, files_max, bytes_max)
        else:
            entries = _tar_entries(_decompress(data, files_max, bytes_max), files_max, bytes_max)
        files = _collect(entries, files_max, bytes_max)
    except (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise ArchiveError(f"the archive cannot be read: {error}") from error
    if "function.py" not in files:
        raise ArchiveError("the archive holds no code/function.py")
    return files


def _decompress(data, files_max, bytes_max):
    tar_max = bytes_max + 4 * BLOCK_BYTES * (2 * files_max + 4)
    if data[:2] == b"\x1f\x8b":
        tar = zlib.decompressobj(wbits=31).decompress(data, tar_max + 1)
    elif data[:6] == b"\xfd7zXZ\x00":
        tar = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_BYTES_MAX).decompress(data, tar_max + 1)
    elif data[257:262] == b"ustar":
        tar = data
    else:
        raise ArchiveError("the archive must be a .zip, .tar, .tar.gz or .tar.xz file")
    if len(tar) > tar_max:
        raise ArchiveError(f"the archive unpacks to more than {bytes_max} bytes")
    return tar


def _tar_entries(tar, files_max, bytes_max):
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
        for count, member in enumerate(archive):
            if count >= 2 * files_max:
                raise ArchiveError(f"the archive holds more than {files_max} files")
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                raise ArchiveError(f"the archive holds {member.name!r}, which is a link or not a plain file")
            if member.size > bytes_max:
                raise ArchiveError(f"the archive unpacks to more than {bytes_max} bytes")
            yield member.name, archive.extractfile(member).read()


def _zip_entries(data, files_max, bytes_max):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > files_max:
            raise ArchiveError(f"the archive holds more than {files_max} files")
        if sum(member.file_size for member in members) > bytes_max:
            raise ArchiveError(f"the archive unpacks to more than {bytes_max} bytes")
        for member in members:
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise ArchiveError(f"the archive holds {member.filename!r}, which is a link or not a plain file")
            if member.flag_bits & 1:
                raise ArchiveError(f"the archive holds {member.filename!r}, which is encrypted")
            yield member.orig_filename, archive.read(member)


def _collect(entries, files_max, bytes_max):
    files, size = {}, 0
    for name, content in entries:
        path = _path_below_code(name)
        size += len(content)
        if path in files:
            raise ArchiveError(f"the archive holds {name!r} twice")
        if len(files) >= files_max:
            raise ArchiveError(f"the archive holds more than {files_max} files")
        if size > bytes_max:
            raise ArchiveError(f"the archive unpacks to more than {bytes_max} bytes")
        files[path] = content
    return files


def _path_below_code(name):
    path = name.removeprefix("./")
    plain = path.isprintable() and "\\" not in path and posixpath.normpath(path) == path
    if not plain or not path.startswith(ROOT):
        raise ArchiveError(f"the archive holds {name!r}, which is outside {ROOT}")
    return path.removeprefix(ROOT)
