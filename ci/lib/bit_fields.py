#!/usr/bin/env python3
"""Prints a clippy.toml that forbids bindgen's functions for the bit fields of nginx's structures.

    cargo check --package nginx-sys --message-format json | bit_fields.py

bindgen misplaces some bit fields; the module reads and writes them in C, in src/nginx/structures.c.
"""

import json
import pathlib
import re
import sys


def bindings():
    """What bindgen has made of nginx's headers, in the directory that cargo names."""
    for message in map(json.loads, sys.stdin.readlines()):
        if message["reason"] == "build-script-executed" and "nginx-sys" in message["package_id"]:
            return pathlib.Path(message["out_dir"], "bindings.rs").read_text()
    sys.exit("bit_fields: cargo has not built nginx-sys")


def functions(text):
    """The functions of all implementations that use bit fields, by their paths."""
    for structure, body in re.findall(r"^impl (\w+) \{\n(.*?)^\}", text, re.M | re.S):
        if "_bitfield_" in body:
            for function in re.findall(r"^    pub (?:unsafe )?fn (\w+)", body, re.M):
                yield f"nginx_sys::{structure}::{function}"


paths = list(functions(bindings()))
if "nginx_sys::ngx_http_request_s::set_internal" not in paths:
    sys.exit("bit_fields: no bit fields of ngx_http_request_t are found")
print("disallowed-methods = [")
for path in paths:
    print(f'    {{ path = "{path}", reason = "src/nginx/structures.c has what bindgen misplaces" }},')
print("]")
