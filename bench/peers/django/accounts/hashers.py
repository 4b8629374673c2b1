"""Argon2id at the cost that Sihha has by default."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """m=19456 (KiB), t=2, p=1: `Argon2Cost::default` in crates/infra/src/argon2.rs."""

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1
