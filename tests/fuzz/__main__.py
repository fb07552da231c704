"""Mutated files through every reader: each answers with an InputError or a value, and soon.

python -m tests.fuzz --number 20000
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow_scripts"))

from hat.errors import InputError

from tests.fuzz.readers import Reader, readers

SECONDS = 2.0
"""Of CPU time that a reader may take."""
TOKENS = (
    *(b"nan", b"inf", b"-1", b"0", b"1e999", b"-0.5", b"1e9", b"9" * 5000, b"0x_", b"1_", b"0o9", b"2026-02-30", b"~"),
    *(b"null", b"true", b"no", b"''", b"[]", b"{}", b"[[", b"}}", b"{", b"&a [*a]", b"*a", b"<<: *b", b"!!binary x"),
    *(b"!!python/object:os.system", b"? ", b"- ", b": ", b",", b";", b"\t", b"\n", b"\r", b"\x00", b"\xff\xfe", b'"'),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"<seg>", b"</seg>", b"&#0;", b"&#xffffffff;", b"../..", b"%2e%2e%2f", b"#"),
    *(b"[" * 3000, b"{a: " * 500, b"a" * 3000, b"http://[", b"file:///etc/passwd", b"PK\x03\x04", b"\x1f\x8b"),
)


def mutated(content: bytes, rng: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(rng.randint(1, 3)):
        begin = rng.randrange(len(found) + 1)
        end = min(len(found), begin + rng.choice((1, 3, 10, 100)))
        kind = rng.randrange(7)
        if kind == 0 and begin < len(found):
            found[begin] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del found[begin:end]
        elif kind == 2:
            del found[begin:]
        elif kind == 3:
            found[begin:begin] = found[begin:end] * rng.choice((1, 2, 50))
        elif kind == 4:
            found[begin:begin] = rng.choice(TOKENS)
        elif kind == 5:
            found[begin:end] = rng.choice(TOKENS)
        else:
            lines = bytes(found).split(b"\n")
            one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[rng.choice((one, other))]
            found = bytearray(b"\n".join(lines))
    return bytes(found)


def outcome(reader: Reader, content: bytes, folder: Path) -> str:
    """accepted, refused, or what is wrong."""
    path = folder / reader.file
    path.write_bytes(content)
    begin = time.process_time()
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            reader.read(path)
        answer = "accepted"
    except InputError:
        answer = "refused"
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"[:300]
    seconds = time.process_time() - begin
    return answer if seconds < SECONDS else f"{seconds:.1f} s of CPU time"


def tried(number: int, seed: int, folder: Path) -> Iterator[tuple[str, bytes, str]]:
    """The reader, the content and the outcome of each of `number` files, the readers in turn."""
    known = readers(folder)
    for index in range(number):
        name = [*known][index % len(known)]
        content = mutated(known[name].content, random.Random(f"{seed}:{index}"))
        yield name, content, outcome(known[name], content, folder)


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--number", type=int, default=20000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--keep", type=Path, metavar="FOLDER", help="for files that were answered wrongly")
    args = p.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for name, content, answer in tried(args.number, args.seed, Path(folder)):
            wrong = answer not in ("accepted", "refused")
            counts[name, "wrong" if wrong else answer] += 1
            if wrong:
                print(f"{name}: {answer}", file=sys.stderr, flush=True)
                if args.keep:
                    args.keep.mkdir(parents=True, exist_ok=True)
                    (args.keep / f"{name}-{counts[name, 'wrong']}").write_bytes(content)
    print(f"| {'reader':<22} | refused | accepted | wrong |\n|---|--:|--:|--:|")
    for name in dict.fromkeys(name for name, _ in counts):
        cells = (counts[name, answer] for answer in ("refused", "accepted", "wrong"))
        print(f"| {name:<22} | " + " | ".join(map(str, cells)) + " |")
    return int(any(counts[key] for key in counts if key[1] == "wrong"))


if __name__ == "__main__":
    sys.exit(main())
