#!/usr/bin/python3
"""Fails when source files of a crate, or folders of them, import one another in a circle.

    circles.py SRC...      the src folders of crates

An import is a path that begins with `crate::` or `super::`, in a `use` or elsewhere; tests beside the
code are left out.
"""

import pathlib
import re
import sys

TEST_MODULE = re.compile(r"^#\[cfg\(test\)\]\nmod \w+ \{.*", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"//.*")
PATH = re.compile(r"\b(crate|super(?:::super)*)\s*::\s*([\w\s:]*)(\{)?")


def group(text, start):
    """The text between the brace before `start` and the one that closes it."""
    depth, at = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[start:at - 1]


def split(text):
    """The parts of a group, at its outer commas."""
    depth, parts = 0, [""]
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def expand(path):
    """The paths of a `use` tree, as tuples of names."""
    prefix, brace, rest = path.partition("{")
    names = tuple(re.findall(r"\w+", prefix.partition(" as ")[0]))
    if not brace:
        return [names]
    return [names + tail for part in split(rest.rpartition("}")[0]) for tail in expand(part)]


def imports(text, module):
    """The paths that a file of the module imports, from the root of the crate."""
    text = COMMENT.sub("", TEST_MODULE.sub("", text))
    for found in PATH.finditer(text):
        start, names, brace = found.groups()
        base = () if start == "crate" else module[:-start.count("super")]
        tree = names + ("{" + group(text, found.end()) + "}" if brace else "")
        for path in expand(tree):
            yield base + path


def modules(src):
    """The files of a crate by their modules."""
    files = {}
    for file in src.rglob("*.rs"):
        names = file.relative_to(src).with_suffix("").parts
        files[() if names in (("lib",), ("main",)) else names[:-1] if names[-1] == "mod" else names] = file
    return files


def graph(src):
    """What each file imports, by modules."""
    files = modules(src)
    edges = {}
    for module, file in files.items():
        edges[module] = set()
        for path in imports(file.read_text(), module):
            # The last names are items of the module.
            while path and path not in files:
                path = path[:-1]
            if path != module:
                edges[module].add(path)
    return edges


def circle(edges):
    """Nodes that lead back to the first; None if there is no circle."""
    done = set()

    def visit(node, trail):
        if node in trail:
            return [*trail[trail.index(node):], node]
        if node in done:
            return None
        for other in sorted(edges.get(node, ())):
            if found := visit(other, [*trail, node]):
                return found
        done.add(node)
        return None

    for node in sorted(edges):
        if found := visit(node, []):
            return found
    return None


def folders(edges):
    """The same graph, of the first names of modules."""
    between = {}
    for module, others in edges.items():
        between.setdefault(module[:1], set()).update(
            other[:1] for other in others if other[:1] != module[:1])
    return between


def main(sources):
    status = 0
    for src in map(pathlib.Path, sources):
        edges = graph(src)
        for what, nodes in (("files", edges), ("folders", folders(edges))):
            if found := circle(nodes):
                status = 1
                names = " -> ".join("::".join(("crate", *node)) for node in found)
                print(f"{src}: {what} import one another in a circle: {names}", file=sys.stderr)
    return status


sys.exit(main(sys.argv[1:]))
