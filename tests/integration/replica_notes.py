# SPDX-License-Identifier: BSD-2-Clause
"""Notes of a node's replica about its rows, read from and written to LMDB in a fraction of a millisecond (lib/directory/layout.h)."""
import ctypes

RDONLY, NOTLS, DATABASES = 0x20000, 0x200000, 32
lmdb = ctypes.CDLL("liblmdb.so.0")
for name in ("mdb_txn_abort", "mdb_env_close"):
    getattr(lmdb, name).argtypes, getattr(lmdb, name).restype = [ctypes.c_void_p], None


class Value(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]


def read(transaction, word):
    table, key, value = ctypes.c_uint(), word.encode(), Value()
    if lmdb.mdb_dbi_open(transaction, b"meta", 0, ctypes.byref(table)):
        return ""
    wanted = Value(len(key), ctypes.cast(ctypes.c_char_p(key), ctypes.c_void_p))
    if lmdb.mdb_get(transaction, table, ctypes.byref(wanted), ctypes.byref(value)):
        return ""
    return ctypes.string_at(value.data, value.size).decode()


def note(folder, word):
    """The text of a note; "" where the replica or the note is not there."""
    environment, transaction = ctypes.c_void_p(), ctypes.c_void_p()
    lmdb.mdb_env_create(ctypes.byref(environment))
    lmdb.mdb_env_set_maxdbs(environment, DATABASES)
    try:
        if lmdb.mdb_env_open(environment, str(folder).encode(), RDONLY | NOTLS, 0o600):
            return ""
        if lmdb.mdb_txn_begin(environment, None, RDONLY, ctypes.byref(transaction)):
            return ""
        try:
            return read(transaction, word)
        finally:
            lmdb.mdb_txn_abort(transaction)
    finally:
        lmdb.mdb_env_close(environment)


def write(folder, word, text):
    """Sets a note, while no replicator runs: as it is after a time that no test waits."""
    environment, transaction, table = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint()
    key, value = (Value(len(part), ctypes.cast(ctypes.c_char_p(part), ctypes.c_void_p)) for part in (word.encode(), text.encode()))
    lmdb.mdb_env_create(ctypes.byref(environment))
    lmdb.mdb_env_set_maxdbs(environment, DATABASES)
    try:
        assert lmdb.mdb_env_open(environment, str(folder).encode(), NOTLS, 0o600) == 0
        assert lmdb.mdb_txn_begin(environment, None, 0, ctypes.byref(transaction)) == 0
        assert lmdb.mdb_dbi_open(transaction, b"meta", 0, ctypes.byref(table)) == 0
        assert lmdb.mdb_put(transaction, table, ctypes.byref(key), ctypes.byref(value), 0) == 0
        assert lmdb.mdb_txn_commit(transaction) == 0
    finally:
        lmdb.mdb_env_close(environment)


def holds(folder, transaction):
    """Returns whether the rows of a transaction of PostgreSQL (its xid8) are in the replica: its position is a pg_snapshot."""
    position = note(folder, "position")
    if not position:
        return False
    first, end, pending = position.split(":")
    return transaction < int(first) or (transaction < int(end) and str(transaction) not in pending.split(","))
