#!/usr/bin/env python3
"""Expected dynamics on Python integers over one common denominator: what the engine is measured against.

    expected.py PROBLEM.toml STEPS [--state]

relu, sum pooling, an orthonormal dictionary, generative images, hinge or unhinged, with a fixed or a trained
head. Prints how many gates were open; with --state also the weights and the head after the last step, as
reduced fractions, a filter a line.
"""
import sys
import tomllib
from fractions import Fraction
from itertools import combinations_with_replacement
from math import factorial, lcm


def images(distribution, patterns):
    """Every atom as label, counts and probability."""
    prior = [Fraction(x) for x in distribution["prior"]]
    background = [Fraction(x) for x in distribution["background"]]
    keys = distribution["key_patches"]
    draws = distribution["patches"] - keys
    for label in (0, 1):
        for chosen in combinations_with_replacement(range(len(background)), draws):
            counts = [0] * patterns
            counts[label] = keys
            probability = prior[label] * factorial(draws)
            for b in chosen:
                counts[b + 2] += 1
                probability *= background[b]
            for b in set(chosen):
                probability /= factorial(counts[b + 2])
            if probability:
                yield 1 - 2 * label, counts, probability


def run(problem, steps):
    weights = [[Fraction(x) for x in row] for row in problem["network"]["weights"]]
    head = [Fraction(x) for x in problem["network"]["head"]]
    training = problem["training"]
    trained = training["train"] == "filters+head"
    hinge = training["loss"] == "hinge"
    step = Fraction(training["step"])
    patterns = len(weights[0])
    atoms = list(images(problem["distribution"], patterns))
    # Probabilities are integers over `whole`; a step moves by multiples of 1 / `grow`.
    whole = lcm(*(p.denominator for _, _, p in atoms))
    grow = step.denominator * whole
    pushes = [
        (y, [(p, c) for p, c in enumerate(n) if c],
         [(p, y * c * step.numerator * int(q * whole)) for p, c in enumerate(n) if c])
        for y, n, q in atoms
    ]
    base = lcm(*(x.denominator for x in head), *(z.denominator for row in weights for z in row))
    if not trained:
        base *= grow
    z = [[int(x * base) for x in row] for row in weights]
    a = [int(x * base) for x in head]
    opened = 0
    for _ in range(steps):
        force = [0] * patterns
        sums = [sum(a[j] * row[p] for j, row in enumerate(z) if row[p] > 0) for p in range(patterns)]
        one = base * base
        for y, present, push in pushes:
            if not hinge or y * sum(c * sums[p] for p, c in present) < one:
                opened += 1
                for p, amount in push:
                    force[p] += amount
        if trained:
            for j, row in enumerate(z):
                turn = sum(f * x for f, x in zip(force, row) if x > 0)
                for p, x in enumerate(row):
                    row[p] = x * grow + (a[j] * force[p] if x > 0 else 0)
                a[j] = a[j] * grow + turn
            base *= grow
        else:
            for j, row in enumerate(z):
                for p, x in enumerate(row):
                    if x > 0:
                        row[p] = x + a[j] * force[p] // grow
    return opened, z, a, base


def main():
    with open(sys.argv[1], "rb") as file:
        problem = tomllib.load(file)
    opened, z, a, base = run(problem, int(sys.argv[2]))
    print(opened)
    if "--state" in sys.argv:
        for row, h in zip(z, a):
            print(" ".join(str(Fraction(x, base)) for x in [*row, h]))


main()
