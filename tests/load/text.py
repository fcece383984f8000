"""Lines of build output, made up: like those of a compiler, all of the same length, no two alike."""

import random

_DIRECTORIES = ("Sources", "Core", "Networking", "Views", "Model", "Support", "Vendor/zlib", "Generated")
_STEPS = ("CompileC", "CompileSwift normal arm64", "Ld", "CodeSign", "ProcessInfoPlistFile", "clang -x c -arch arm64")


def lines(count: int, length: int, seed: int) -> list[str]:
    """Return `count` lines of `length` ASCII characters."""
    source = random.Random(seed)
    return [_line(source, length) for _ in range(count)]


def _line(source: random.Random, length: int) -> str:
    name = f"{source.choice(_DIRECTORIES)}/File{source.randrange(100_000)}"
    text = f"{source.choice(_STEPS)} Build/{name}.o {name}.c -O{source.randrange(4)} -DLEVEL={source.randrange(10**6)}"
    text += f" -I{source.choice(_DIRECTORIES)} -g -Wall -Wextra -std=c11 -fPIC -o Products/{name}"
    return text.ljust(length, ".")[:length]
